import { drawableFeatures, embeddedFeatures, readFeatures } from "./features.js";
import { graticule } from "./graticule.js";
import { createMapStyle, featureLayerIds } from "./map-style.js";
import { createPopupContent } from "./popup.js";
import { boundsOfView, initialView, mapBounds } from "./view.js";

/** Distance in pixels at which a click hits a point or line. */
const HIT_DISTANCE = 6;
const FIT = { padding: 32, maxZoom: 11, animate: false };

const element = document.getElementById("map");
const status = document.getElementById("map-status");
if (element) {
  showMap(element).catch((error) => {
    element.dataset.state = "failed";
    status.textContent = `The map cannot be shown: ${error.message}`;
  });
}

async function showMap(container) {
  if (!document.createElement("canvas").getContext("webgl2"))
    throw new Error("WebGL 2 is not available.");
  const { tiles, source, bbox, label } = container.dataset;
  const layers = JSON.parse(container.dataset.layers);
  let features = embeddedFeatures() ?? [];
  const extent = initialView(bbox, []);
  const [maplibre] = await Promise.all([
    import("./maplibre-gl.mjs"),
    source && !tiles && read(extent && boundsOfView(extent)),
  ]);
  const drawing = () =>
    tiles
      ? {
          source: {
            type: "vector",
            tiles: [location.origin + tiles],
            ...zoomRangeOf(container.dataset),
          },
          sourceLayers: layers.map(({ id }) => id),
        }
      : { source: { type: "geojson", data: drawableFeatures(features) } };
  const view = initialView(bbox, features);
  const map = new maplibre.Map({
    container,
    style: createMapStyle(drawing(), bbox),
    attributionControl: false,
    cooperativeGestures: true,
    dragRotate: false,
    pitchWithRotate: false,
    // Copies of the world would show each feature several times.
    renderWorldCopies: view !== undefined && view[2] > 180,
    locale: { "Map.Title": label },
    ...(view ? { bounds: view, fitBoundsOptions: FIT } : { center: [0, 20], zoom: 0 }),
  });
  const queried = { layers: featureLayerIds(drawing()) };
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl(), "bottom-right");

  let coveredBounds = "";
  map.on("idle", () => {
    const bounds = mapBounds(map);
    if (coveredBounds !== JSON.stringify(bounds)) {
      coveredBounds = JSON.stringify(bounds);
      map.getSource("graticule").setData(graticule(bounds));
      return;
    }
    const visible = map.queryRenderedFeatures(queried);
    container.dataset.drawn = new Set(
      visible.map(({ id, layer }) => `${layer["source-layer"]} ${id}`),
    ).size;
    container.dataset.state = "ready";
  });
  map.on("click", ({ point, lngLat }) => {
    const found = featureAt(map, point, queried);
    if (found === undefined) return;
    const layer = layers.find(({ id }) => id === found.sourceLayer) ?? layers[0];
    new maplibre.Popup({ maxWidth: "20rem", offset: 8 })
      .setLngLat(lngLat)
      .setDOMContent(createPopupContent(tiles ? found : features[found.id], layer))
      .addTo(map);
  });
  map.on("mousemove", ({ point }) => {
    map.getCanvas().style.cursor = featureAt(map, point, queried) === undefined ? "" : "pointer";
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    coveredBounds = "";
    container.dataset.state = "loading";
    map.setStyle(createMapStyle(drawing(), bbox));
  });
  if (source && !tiles) readAfterMoves(map);
  if (tiles || features.length > 0) status.textContent = "";
  else if (status.dataset.state !== "failed") status.textContent = "There are no features to draw.";

  async function read(bounds, signal) {
    try {
      features = await readFeatures(source, bounds, signal);
      status.dataset.state = "read";
    } catch (error) {
      if (signal?.aborted) return;
      status.dataset.state = "failed";
      status.textContent = error.message;
    }
  }

  /** Reads and draws the features of the visible area after each move. */
  function readAfterMoves(movedMap) {
    let reading = new AbortController();
    movedMap.on("moveend", async () => {
      reading.abort();
      reading = new AbortController();
      const { signal } = reading;
      container.dataset.state = "loading";
      await read(mapBounds(movedMap), signal);
      if (!signal.aborted) movedMap.getSource("features").setData(drawableFeatures(features));
    });
  }
}

function zoomRangeOf({ minzoom, maxzoom }) {
  return { minzoom: Number(minzoom), maxzoom: Number(maxzoom) };
}

function featureAt(map, { x, y }, queried) {
  const around = [
    [x - HIT_DISTANCE, y - HIT_DISTANCE],
    [x + HIT_DISTANCE, y + HIT_DISTANCE],
  ];
  return map.queryRenderedFeatures(around, queried)[0];
}
