/** Latitudes that a map of the whole world shows at first; beyond them is mostly ice. */
const MIN_WORLD_LATITUDE = -58;
const MAX_WORLD_LATITUDE = 78;
/** Width in degrees from which a view shows the whole world. */
const WORLD_WIDTH = 300;

/**
 * The initial view of a map: the extent, else the bounding box of the features; undefined without
 * both. East is above 180 for a view across the antimeridian.
 */
export function initialView(bbox, features) {
  const extent = bbox ? bbox.split(",").map(Number) : extentOf(features);
  if (!extent) return undefined;
  const [west, south, rawEast, north] = extent;
  const east = rawEast < west ? rawEast + 360 : rawEast;
  if (east - west < WORLD_WIDTH) return [west, south, east, north];
  return [west, Math.max(south, MIN_WORLD_LATITUDE), east, Math.min(north, MAX_WORLD_LATITUDE)];
}

function extentOf(features) {
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

/** A view as bounds. */
export function boundsOfView([west, south, east, north]) {
  return { west, south, east, north };
}

/** The visible bounds of a map, in degrees. */
export function mapBounds(map) {
  const bounds = map.getBounds();
  return {
    west: bounds.getWest(),
    south: bounds.getSouth(),
    east: bounds.getEast(),
    north: bounds.getNorth(),
  };
}

/** Number of cells along the longer and shorter sides of a map. */
const [LONG_SIDE, SHORT_SIDE] = [6, 5];

/** Divides bounds into cells. */
export function cellsIn({ west, south, east, north }) {
  const isWide = east - west >= north - south;
  const [columns, rows] = isWide ? [LONG_SIDE, SHORT_SIDE] : [SHORT_SIDE, LONG_SIDE];
  const [width, height] = [(east - west) / columns, (north - south) / rows];
  return Array.from({ length: columns * rows }, (_, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [left, bottom] = [west + column * width, south + row * height];
    return { west: left, south: bottom, east: left + width, north: bottom + height };
  });
}

/** Bounds as a bbox with longitudes from -180 to 180. */
export function bboxOf({ west, south, east, north }) {
  if (east - west >= 360) return [-180, south, 180, north];
  return [wrapLongitude(west), south, wrapLongitude(east), north];
}

function wrapLongitude(longitude) {
  return longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude;
}

/** The outline of an extent, as a GeoJSON line. */
export function extentOutline(bbox) {
  if (!bbox) return { type: "FeatureCollection", features: [] };
  const [west, south, rawEast, north] = bbox.split(",").map(Number);
  const east = rawEast < west ? rawEast + 360 : rawEast;
  const coordinates = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
}
