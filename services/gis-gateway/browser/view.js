/** Latitudes that a map of the whole world begins with: beyond there is mostly ice. */
const LOWEST = -58;
const HIGHEST = 78;
/** Degrees from which on a view is one of the world. */
const WORLD = 300;

/**
 * Where a map begins: the extent, else that of the features; undefined when there is neither. East
 * is above 180 when it crosses the antimeridian.
 */
export function viewOf(bbox, features) {
  const extent = bbox ? bbox.split(",").map(Number) : extentOf(features);
  if (!extent) return undefined;
  const [west, south, eastOf, north] = extent;
  const east = eastOf < west ? eastOf + 360 : eastOf;
  if (east - west < WORLD) return [west, south, east, north];
  return [west, Math.max(south, LOWEST), east, Math.min(north, HIGHEST)];
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

/** A view as a part of the world. */
export function partOf([west, south, east, north]) {
  return { west, south, east, north };
}

/** The part of the world that a map shows, in degrees. */
export function boundsOf(map) {
  const bounds = map.getBounds();
  return {
    west: bounds.getWest(),
    south: bounds.getSouth(),
    east: bounds.getEast(),
    north: bounds.getNorth(),
  };
}

/** Cells along the longer and the shorter side of a map. */
const [LONG, SHORT] = [6, 5];

/** A part of the world in cells, which cover it. */
export function cellsOf({ west, south, east, north }) {
  const isWide = east - west >= north - south;
  const [columns, rows] = isWide ? [LONG, SHORT] : [SHORT, LONG];
  const [width, height] = [(east - west) / columns, (north - south) / rows];
  return Array.from({ length: columns * rows }, (_, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    const [left, bottom] = [west + column * width, south + row * height];
    return { west: left, south: bottom, east: left + width, north: bottom + height };
  });
}

/** The same as a bbox, whose longitudes are from -180 to 180. */
export function boxOf({ west, south, east, north }) {
  if (east - west >= 360) return [-180, south, 180, north];
  return [wrapped(west), south, wrapped(east), north];
}

function wrapped(longitude) {
  return longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude;
}

/** An extent as a line around it. */
export function outlineOf(bbox) {
  if (!bbox) return { type: "FeatureCollection", features: [] };
  const [west, south, eastOf, north] = bbox.split(",").map(Number);
  const east = eastOf < west ? eastOf + 360 : eastOf;
  const coordinates = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  return { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
}
