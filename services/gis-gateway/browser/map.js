import { drawnOf, featuresInPage, readFeatures } from "./features.js";
import { graticule } from "./graticule.js";
import { featureLayerIds, styleOf } from "./map-style.js";
import { popupOf } from "./popup.js";
import { boundsOf, partOf, viewOf } from "./view.js";

/** Pixels around a click in which a point or line counts as hit. */
const REACH = 6;
const FIT = { padding: 32, maxZoom: 11, animate: false };

const element = document.getElementById("map");
const status = document.getElementById("map-status");
if (element) {
  show(element).catch((error) => {
    element.dataset.state = "failed";
    status.textContent = `The map cannot be shown: ${error.message}.`;
  });
}

async function show(container) {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("WebGL is missing");
  const { tiles, source, bbox, label } = container.dataset;
  const layers = JSON.parse(container.dataset.layers);
  let features = featuresInPage() ?? [];
  const extent = viewOf(bbox, []);
  const [maplibre] = await Promise.all([
    import("./maplibre-gl.mjs"),
    source && !tiles && read(extent && partOf(extent)),
  ]);
  const drawn = () =>
    tiles
      ? {
          source: {
            type: "vector",
            tiles: [location.origin + tiles],
            ...zoomsOf(container.dataset),
          },
          sourceLayers: layers.map(({ id }) => id),
        }
      : { source: { type: "geojson", data: drawnOf(features) } };
  const view = viewOf(bbox, features);
  const map = new maplibre.Map({
    container,
    style: styleOf(drawn(), bbox),
    attributionControl: false,
    cooperativeGestures: true,
    dragRotate: false,
    pitchWithRotate: false,
    // Copies of the world would show each feature several times.
    renderWorldCopies: view !== undefined && view[2] > 180,
    locale: { "Map.Title": label },
    ...(view ? { bounds: view, fitBoundsOptions: FIT } : { center: [0, 20], zoom: 0 }),
  });
  const queried = { layers: featureLayerIds(drawn()) };
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl(), "bottom-right");

  let covered = "";
  map.on("idle", () => {
    const bounds = boundsOf(map);
    if (covered !== JSON.stringify(bounds)) {
      covered = JSON.stringify(bounds);
      map.getSource("graticule").setData(graticule(bounds));
      return;
    }
    const seen = map.queryRenderedFeatures(queried);
    container.dataset.drawn = new Set(
      seen.map(({ id, layer }) => `${layer["source-layer"]} ${id}`),
    ).size;
    container.dataset.state = "ready";
  });
  map.on("click", ({ point, lngLat }) => {
    const found = hit(map, point, queried);
    if (found === undefined) return;
    const layer = layers.find(({ id }) => id === found.sourceLayer) ?? layers[0];
    new maplibre.Popup({ maxWidth: "20rem", offset: 8 })
      .setLngLat(lngLat)
      .setDOMContent(popupOf(tiles ? found : features[found.id], layer))
      .addTo(map);
  });
  map.on("mousemove", ({ point }) => {
    map.getCanvas().style.cursor = hit(map, point, queried) === undefined ? "" : "pointer";
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    covered = "";
    container.dataset.state = "loading";
    map.setStyle(styleOf(drawn(), bbox));
  });
  if (source && !tiles) readWhereItMoves(map);
  if (tiles || features.length > 0) status.textContent = "";
  else if (status.dataset.state !== "failed") status.textContent = "There is nothing to draw.";

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

  /** Shows features of whatever part of the world is looked at. */
  function readWhereItMoves(moved) {
    let reading = new AbortController();
    moved.on("moveend", async () => {
      reading.abort();
      reading = new AbortController();
      const { signal } = reading;
      container.dataset.state = "loading";
      await read(boundsOf(moved), signal);
      if (!signal.aborted) moved.getSource("features").setData(drawnOf(features));
    });
  }
}

function zoomsOf({ minzoom, maxzoom }) {
  return { minzoom: Number(minzoom), maxzoom: Number(maxzoom) };
}

function hit(map, { x, y }, queried) {
  const around = [
    [x - REACH, y - REACH],
    [x + REACH, y + REACH],
  ];
  return map.queryRenderedFeatures(around, queried)[0];
}
