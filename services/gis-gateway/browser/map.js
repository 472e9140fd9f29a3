import { graticule } from "./graticule.js";

const FEATURES = "features";
const FEATURE_LAYERS = ["feature-points", "feature-lines", "feature-fills"];
/** Pixels around a click in which a point or line counts as hit. */
const REACH = 6;
const FIT = { padding: 40, maxZoom: 11, animate: false };
const EMPTY = { type: "FeatureCollection", features: [] };

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
  const [maplibre, features] = await Promise.all([
    import("./maplibre-gl.mjs"),
    readFeatures(container.dataset.source),
  ]);
  const view = extentOf(container.dataset.bbox, features);
  const map = new maplibre.Map({
    container,
    style: styleOf(features, container.dataset.bbox, colours()),
    attributionControl: false,
    cooperativeGestures: true,
    dragRotate: false,
    pitchWithRotate: false,
    locale: { "Map.Title": container.dataset.label },
    ...(view ? { bounds: view, fitBoundsOptions: FIT } : { center: [0, 20], zoom: 0 }),
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }));
  map.addControl(new maplibre.ScaleControl(), "bottom-left");

  let covered = "";
  map.on("idle", () => {
    const bounds = boundsOf(map);
    if (covered !== JSON.stringify(bounds)) {
      covered = JSON.stringify(bounds);
      map.getSource("graticule").setData(graticule(bounds));
      return;
    }
    const drawn = map.queryRenderedFeatures({ layers: FEATURE_LAYERS });
    container.dataset.drawn = new Set(drawn.map(({ id }) => id)).size;
    container.dataset.state = "ready";
  });
  map.on("click", ({ point, lngLat }) => {
    const index = hit(map, point);
    if (index === undefined) return;
    new maplibre.Popup({ maxWidth: "20rem", offset: 8 })
      .setLngLat(lngLat)
      .setDOMContent(describe(features[index], container.dataset))
      .addTo(map);
  });
  map.on("mousemove", ({ point }) => {
    map.getCanvas().style.cursor = hit(map, point) === undefined ? "" : "pointer";
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    covered = "";
    container.dataset.state = "loading";
    map.setStyle(styleOf(features, container.dataset.bbox, colours()));
  });
  status.textContent = features.length === 0 ? "There is nothing to draw." : "";
}

/** The features in the page, else those at an address of this site. */
async function readFeatures(source) {
  let text = document.getElementById("map-features")?.textContent;
  if (!text && source) {
    const answer = await fetch(source);
    if (!answer.ok) {
      status.textContent = "The features cannot be read now.";
      return [];
    }
    text = await answer.text();
  }
  if (!text) return [];
  const document_ = parseExactly(text);
  return document_.type === "FeatureCollection" ? document_.features : [document_];
}

/** Reads JSON; whole numbers beyond what JavaScript can count to stay text. */
function parseExactly(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value, context) =>
    typeof value === "number" && context && /\d{16}/.test(context.source) ? context.source : value,
  );
}

function hit(map, { x, y }) {
  const around = [
    [x - REACH, y - REACH],
    [x + REACH, y + REACH],
  ];
  return map.queryRenderedFeatures(around, { layers: FEATURE_LAYERS })[0]?.id;
}

/** What a popup says; only text nodes, whatever the values are. */
function describe({ id, properties }, { titles, items }) {
  const content = document.createElement("div");
  const link = document.createElement("a");
  link.href = `${items}/${encodeURIComponent(id)}`;
  link.textContent = id;
  link.className = "popup-link";
  const list = document.createElement("dl");
  list.className = "popup-pairs";
  for (const [name, title] of JSON.parse(titles)) {
    const value = properties[name];
    if (value === null || value === undefined) continue;
    const pair = document.createElement("div");
    const term = document.createElement("dt");
    const detail = document.createElement("dd");
    term.textContent = title;
    detail.textContent = typeof value === "object" ? JSON.stringify(value) : value;
    pair.className = "popup-pair";
    pair.append(term, detail);
    list.append(pair);
  }
  content.append(link, list);
  return content;
}

function boundsOf(map) {
  const bounds = map.getBounds();
  return {
    west: bounds.getWest(),
    south: bounds.getSouth(),
    east: bounds.getEast(),
    north: bounds.getNorth(),
  };
}

/** The collection's extent, else that of the features; undefined when there is neither. */
function extentOf(bbox, features) {
  if (bbox) return bbox.split(",").map(Number);
  const extent = [Infinity, Infinity, -Infinity, -Infinity];
  const include = (part) => {
    if (typeof part[0] !== "number") return part.forEach(include);
    const [x, y] = part;
    extent[0] = Math.min(extent[0], x);
    extent[1] = Math.min(extent[1], y);
    extent[2] = Math.max(extent[2], x);
    extent[3] = Math.max(extent[3], y);
  };
  const visit = (geometry) => {
    for (const part of geometry?.geometries ?? []) visit(part);
    if (geometry?.coordinates?.length > 0) include(geometry.coordinates);
  };
  for (const { geometry } of features) visit(geometry);
  return extent.every(Number.isFinite) ? extent : undefined;
}

/** The colours of the style sheet, which knows whether it is dark. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--map-${name}`).trim();
  return {
    ground: colour("ground"),
    line: colour("line"),
    label: colour("label"),
    feature: colour("feature"),
    halo: colour("halo"),
  };
}

/** A plain ground with a graticule and the features: nothing that another server would have to give. */
function styleOf(features, bbox, { ground, line, label, feature, halo }) {
  const drawn = features.flatMap(({ geometry }, index) =>
    geometry ? [{ type: "Feature", id: index, properties: {}, geometry }] : [],
  );
  const only = (...types) => ["in", ["geometry-type"], ["literal", types]];
  const lines = ["LineString", "MultiLineString"];
  const areas = ["Polygon", "MultiPolygon"];
  return {
    version: 8,
    sources: {
      graticule: { type: "geojson", data: EMPTY },
      extent: { type: "geojson", data: box(bbox) },
      [FEATURES]: { type: "geojson", data: { type: "FeatureCollection", features: drawn } },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ground } },
      {
        id: "graticule",
        type: "line",
        source: "graticule",
        paint: { "line-color": line, "line-width": 1 },
      },
      {
        id: "graticule-labels",
        type: "symbol",
        source: "graticule",
        layout: {
          "symbol-placement": "line",
          "symbol-spacing": 400,
          "text-field": ["get", "label"],
          "text-size": 11,
          "text-font": ["sans-serif"],
        },
        paint: { "text-color": label, "text-halo-color": ground, "text-halo-width": 2 },
      },
      {
        id: "extent",
        type: "line",
        source: "extent",
        paint: { "line-color": feature, "line-width": 1.5, "line-dasharray": [3, 2] },
      },
      {
        id: "feature-fills",
        type: "fill",
        source: FEATURES,
        filter: only(...areas),
        paint: { "fill-color": feature, "fill-opacity": 0.25 },
      },
      {
        id: "feature-lines",
        type: "line",
        source: FEATURES,
        filter: only(...lines, ...areas),
        layout: { "line-join": "round", "line-cap": "round" },
        paint: { "line-color": feature, "line-width": 2 },
      },
      {
        id: "feature-points",
        type: "circle",
        source: FEATURES,
        filter: only("Point", "MultiPoint"),
        paint: {
          "circle-color": feature,
          "circle-radius": 5,
          "circle-stroke-color": halo,
          "circle-stroke-width": 1.5,
        },
      },
    ],
  };
}

function box(bbox) {
  if (!bbox) return EMPTY;
  const [west, south, east, north] = bbox.split(",").map(Number);
  return {
    type: "Feature",
    properties: {},
    geometry: {
      type: "LineString",
      coordinates: [
        [west, south],
        [east, south],
        [east, north],
        [west, north],
        [west, south],
      ],
    },
  };
}
