import { boxOf, cellsOf } from "./view.js";

/** Features that are read of one cell of a map: with all thirty not more than a page shows. */
const FEATURES_OF_CELL = 3;

/** The features that a page has in itself; undefined when it has none. */
export function featuresInPage() {
  const text = document.getElementById("map-features")?.textContent;
  return text ? featuresOf(text) : undefined;
}

/**
 * Features at an address of this site, in a part of the world. The first of many may all be in one
 * corner of it: then some are read from each of its cells, so that the map shows where there are any.
 *
 * @param {{west: number, south: number, east: number, north: number} | undefined} bounds
 * @throws Error for people
 */
export async function readFeatures(source, bounds, signal) {
  const first = await readPage(source, bounds && { bbox: boxOf(bounds) }, signal);
  if (!bounds || !first.links?.some(({ rel }) => rel === "next")) return first.features;
  const pages = await Promise.all(
    cellsOf(bounds).map((cell) =>
      readPage(source, { bbox: boxOf(cell), limit: [FEATURES_OF_CELL] }, signal),
    ),
  );
  const features = pages.flatMap((page) => page.features);
  return [...new Map(features.map((feature) => [feature.id ?? feature, feature])).values()];
}

async function readPage(source, parameters, signal) {
  const url = new URL(source, location.href);
  for (const [name, numbers] of Object.entries(parameters ?? {})) {
    url.searchParams.set(name, numbers.map((number) => +number.toFixed(6)).join(","));
  }
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error("The features cannot be read now.");
  return parseExactly(await answer.text());
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
