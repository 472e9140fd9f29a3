/** The features that a page has in itself; undefined when it has none. */
export function featuresInPage() {
  const text = document.getElementById("map-features")?.textContent;
  return text ? featuresOf(text) : undefined;
}

/**
 * The features at an address of this site.
 *
 * @param {number[] | undefined} box only those in it
 * @throws Error for people
 */
export async function readFeatures(source, box, signal) {
  const url = new URL(source, location.href);
  if (box) url.searchParams.set("bbox", box.map((degrees) => degrees.toFixed(6)).join(","));
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error("The features cannot be read now.");
  return featuresOf(await answer.text());
}

function featuresOf(text) {
  const parsed = parseExactly(text);
  return parsed.type === "FeatureCollection" ? parsed.features : [parsed];
}

/** Reads JSON; whole numbers beyond what JavaScript can count to stay text. */
function parseExactly(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && context && /\d{16}/.test(context.source) ? context.source : value,
  );
}

/** What a map draws of features: their place in the list as id, and no properties. */
export function drawnOf(features) {
  return {
    type: "FeatureCollection",
    features: features.flatMap(({ geometry }, index) =>
      geometry ? [{ type: "Feature", id: index, properties: {}, geometry }] : [],
    ),
  };
}
