import * as maplibre from "./maplibre-gl.mjs";

const PAINT = { "circle-radius": 2, "circle-color": "#246" };

/**
 * Draws a source. Returns the names of the drawn features, on the whole map and at one position.
 */
async function draw(source, layer, { center, zoom }, place) {
  const map = new maplibre.Map({
    container: "map",
    style: { version: 8, sources: {}, layers: [] },
    center,
    zoom,
    renderWorldCopies: false,
    fadeDuration: 0,
  });
  await map.once("load");
  map.addSource("places", source);
  map.addLayer({ id: "places", type: "circle", source: "places", paint: PAINT, ...layer });
  await map.once("idle");
  const namesOf = (found) => [...new Set(found.map(({ properties }) => properties.name))].sort();
  const layers = ["places"];
  const names = namesOf(map.queryRenderedFeatures({ layers }));
  const at = namesOf(map.queryRenderedFeatures(map.project(place), { layers }));
  map.remove();
  return { names, at };
}

/** Draws vector tiles from their TileJSON. */
export function tiles(url, sourceLayer, view, place) {
  return draw({ type: "vector", url }, { "source-layer": sourceLayer }, view, place);
}

/** Draws a page of items. */
export function features(data, view, place) {
  return draw({ type: "geojson", data }, {}, view, place);
}
