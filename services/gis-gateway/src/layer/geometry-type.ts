const SIMPLE_FEATURE_TYPES = [
  "Point",
  "LineString",
  "Polygon",
  "MultiPoint",
  "MultiLineString",
  "MultiPolygon",
  "GeometryCollection",
  "Geometry",
];

/** The simple feature type that each curve type is linearized to. */
const LINEARIZED_TYPES: Readonly<Record<string, string>> = {
  circularstring: "LineString",
  compoundcurve: "LineString",
  curvepolygon: "Polygon",
  multicurve: "MultiLineString",
  multisurface: "MultiPolygon",
};

/** Types that none of the served formats supports. */
export const UNSUPPORTED_GEOMETRY_TYPES: readonly string[] = [
  "PolyhedralSurface",
  "Tin",
  "Triangle",
];

/**
 * The simple feature type of a PostGIS type name: `POINTZ`, `PointZM` and `POINT` are all `Point`.
 * A type that no layer can declare is returned unchanged.
 */
export function simpleFeatureType(type: string): string {
  const bare = type.replace(/Z?M?$/i, "").toLowerCase();
  const names = [...SIMPLE_FEATURE_TYPES, ...UNSUPPORTED_GEOMETRY_TYPES];
  const known = names.find((name) => name.toLowerCase() === bare);
  return known ?? LINEARIZED_TYPES[bare] ?? type;
}

/** True if the type of a column does not restrict the geometries in its rows. */
export function isGenericGeometryType(type: string): boolean {
  return simpleFeatureType(type) === "Geometry";
}
