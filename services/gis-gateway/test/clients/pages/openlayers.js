const { ol } = globalThis;
const MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857";

/** Draws a map of one layer, and resolves when it is complete. */
async function draw(layer, { center, zoom }) {
  const view = new ol.View({ center: ol.proj.fromLonLat(center), zoom });
  const map = new ol.Map({ target: "map", layers: [layer], view, controls: [] });
  await new Promise((resolve) => map.once("rendercomplete", resolve));
  return map;
}

/** Resolves when the source has read its tileset. */
function ready(source) {
  return new Promise((resolve, reject) =>
    source.on("change", () => {
      if (source.getState() === "ready") resolve();
      if (source.getState() === "error") reject(new Error("OpenLayers cannot use the tileset."));
    }),
  );
}

const extentOf = (map) => map.getView().calculateExtent(map.getSize());

/** Whether the canvas is painted at each of these positions. */
function paintedAt(map, places) {
  const canvas = map.getTargetElement().querySelector("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return places.map((place) => {
    const [x, y] = map.getPixelFromCoordinate(ol.proj.fromLonLat(place));
    return context.getImageData(x, y, 1, 1).data[3] > 0;
  });
}

/** The features of a layer in the view, and whether each position is painted. */
function describe(map, features, places) {
  const names = features.map((feature) => feature.get("name"));
  const view = ol.proj.transformExtent(extentOf(map), "EPSG:3857", "EPSG:4326");
  const description = { names: [...new Set(names)].sort(), view, painted: paintedAt(map, places) };
  map.setTarget(undefined);
  return description;
}

/** Draws a tileset and describes the result. */
export async function tiles(tileset, view, places) {
  const format = new ol.format.MVT();
  const source = new ol.source.OGCVectorTile({ url: tileset, format });
  await ready(source);
  const layer = new ol.layer.VectorTile({ source });
  const map = await draw(layer, view);
  return describe(map, layer.getFeaturesInExtent(extentOf(map)), places);
}

/** Draws the features of the view, in the map's own projection. */
export async function features(items, view, places) {
  const crs = encodeURIComponent(MERCATOR);
  const source = new ol.source.Vector({
    format: new ol.format.GeoJSON({ dataProjection: "EPSG:3857" }),
    strategy: ol.loadingstrategy.bbox,
    url: (extent) =>
      `${items}?f=json&limit=1000&bbox=${extent.join(",")}&bbox-crs=${crs}&crs=${crs}`,
  });
  const loaded = new Promise((resolve, reject) => {
    source.once("featuresloadend", resolve);
    source.once("featuresloaderror", reject);
  });
  const map = await draw(new ol.layer.Vector({ source }), view);
  await loaded;
  await new Promise((resolve) => {
    map.once("rendercomplete", resolve);
    map.render();
  });
  return describe(map, source.getFeaturesInExtent(extentOf(map)), places);
}
