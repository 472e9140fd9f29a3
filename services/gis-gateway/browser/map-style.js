import { extentOutline } from "./view.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const LINES = ["LineString", "MultiLineString"];
const AREAS = ["Polygon", "MultiPolygon"];

/**
 * A style with a plain background, a graticule and the features. It needs no other server.
 *
 * @param drawing the source of the features, and the names of its layers if it has several
 * @param bbox the extent as text
 */
export function createMapStyle({ source, sourceLayers }, bbox) {
  const { ground, line, label, feature, halo } = colours();
  const layers = (sourceLayers ?? [undefined]).flatMap((name) =>
    featureLayers(name, { feature, halo }),
  );
  return {
    version: 8,
    sources: {
      graticule: { type: "geojson", data: EMPTY },
      extent: { type: "geojson", data: extentOutline(bbox) },
      features: source,
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ground } },
      {
        id: "graticule",
        type: "line",
        source: "graticule",
        filter: only(LINES),
        paint: { "line-color": line, "line-width": 1 },
      },
      {
        id: "extent",
        type: "line",
        source: "extent",
        paint: { "line-color": label, "line-width": 1, "line-dasharray": [4, 3] },
      },
      ...layers,
      {
        id: "graticule-labels",
        type: "symbol",
        source: "graticule",
        filter: only(["Point"]),
        layout: {
          "text-field": ["get", "label"],
          "text-size": 11,
          "text-font": ["sans-serif"],
          "text-anchor": ["get", "anchor"],
          "text-offset": [
            "match",
            ["get", "anchor"],
            "left",
            ["literal", [0.5, 0]],
            ["literal", [0, 0.4]],
          ],
        },
        paint: { "text-color": label, "text-halo-color": ground, "text-halo-width": 2 },
      },
    ],
  };
}

/** Ids of the style layers that draw features. */
export function featureLayerIds({ sourceLayers }) {
  return (sourceLayers ?? [undefined]).flatMap((name) =>
    featureLayers(name, {}).map(({ id }) => id),
  );
}

function featureLayers(name, { feature, halo }) {
  const layer = (kind, type, filter, rest) => ({
    id: `${kind}${name === undefined ? "" : ` of ${name}`}`,
    type,
    source: "features",
    ...(name === undefined ? {} : { "source-layer": name }),
    filter,
    ...rest,
  });
  return [
    layer("fills", "fill", only(AREAS), {
      paint: { "fill-color": feature, "fill-opacity": 0.2 },
    }),
    layer("lines", "line", only([...LINES, ...AREAS]), {
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": feature, "line-width": widthOf(name, 1, 2) },
    }),
    layer("points", "circle", only(["Point", "MultiPoint"]), {
      paint: {
        "circle-color": feature,
        "circle-radius": widthOf(name, 1.5, 5),
        "circle-stroke-color": halo,
        "circle-stroke-width": widthOf(name, 0, 1.5),
      },
    }),
  ];
}

/** Tiles contain all features, so that symbols are smaller at low zoom levels. */
function widthOf(name, small, large) {
  if (name === undefined) return large;
  return ["interpolate", ["linear"], ["zoom"], 1, small, 9, large];
}

function only(types) {
  return ["in", ["geometry-type"], ["literal", types]];
}

/** The colours of the style sheet, which has a light and a dark theme. */
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
