import { bboxOf, cellsIn } from "./view.js";

/**
 * Features that are read for each of the thirty cells of a map: at most as many as a view shows.
 */
const FEATURES_PER_CELL = 3;

/** The features that are embedded in the view; undefined if there are none. */
export function embeddedFeatures() {
  const text = document.getElementById("map-features")?.textContent;
  return text ? parseFeatures(text) : undefined;
}

/**
 * Reads features of this site within the bounds. The first page of a large collection may lie in
 * one corner of the bounds. If there are more pages, some features are read for each cell instead,
 * so that the map shows how the features are distributed.
 *
 * @param {{west: number, south: number, east: number, north: number} | undefined} bounds
 * @throws Error with a message for the user
 */
export async function readFeatures(source, bounds, signal) {
  const first = await readPage(source, bounds && { bbox: bboxOf(bounds) }, signal);
  if (!bounds || !first.links?.some(({ rel }) => rel === "next")) return first.features;
  const pages = await Promise.all(
    cellsIn(bounds).map((cell) =>
      readPage(source, { bbox: bboxOf(cell), limit: [FEATURES_PER_CELL] }, signal),
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
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error("The features are temporarily unavailable.");
  return parseExactly(await response.text());
}

function parseFeatures(text) {
  const parsed = parseExactly(text);
  return parsed.type === "FeatureCollection" ? parsed.features : [parsed];
}

/** Parses JSON. Integers that a JavaScript number cannot represent become strings. */
function parseExactly(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && context && /\d{16}/.test(context.source) ? context.source : value,
  );
}

/** The features to draw: with their index in the list as id, and without properties. */
export function drawableFeatures(features) {
  return {
    type: "FeatureCollection",
    features: features.flatMap(({ geometry }, index) =>
      geometry ? [{ type: "Feature", id: index, properties: {}, geometry }] : [],
    ),
  };
}
