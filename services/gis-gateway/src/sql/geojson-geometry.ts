/**
 * SQL for a geometry as GeoJSON can say it: rings wound as RFC 7946 asks, and of collections and of
 * parts nothing that makes `st_asgeojson` fail or write what is no JSON.
 *
 * @param kind the type that every row has, `Geometry` when they may differ
 * @param stored SQL of the geometry as it is stored
 * @param sql SQL of the geometry as it is given
 */
export function geojsonGeometry(kind: string, stored: string, sql: string): string {
  switch (kind) {
    case "Polygon":
    case "MultiPolygon":
      return `st_forcepolygonccw(${sql})`;
    case "MultiPoint":
      return `st_multi(${collectedParts(sql)})`;
    case "GeometryCollection":
      return `st_forcecollection(${collectedParts(sql)})`;
    case "Geometry":
      // A column for everything pays for its rare kinds only where they are.
      return `case when geometrytype(${stored}) in (${AREAL_TYPES}) then st_forcepolygonccw(${sql})
      when geometrytype(${stored}) = 'GEOMETRYCOLLECTION' then st_forcecollection(${collectedParts(sql)})
      when geometrytype(${stored}) = 'MULTIPOINT' then st_multi(${collectedParts(sql)}) else ${sql} end`;
    default:
      return sql;
  }
}

const AREAL_TYPES = "'POLYGON', 'MULTIPOLYGON', 'CURVEPOLYGON', 'MULTISURFACE'";

/**
 * SQL for the single parts of a geometry as one: collections in collections, which PostGIS refuses to
 * write, become flat, and empty parts, after which it writes a comma too many, are left out. Only
 * areas are wound: `st_forcepolygonccw` turns lines around as well.
 */
function collectedParts(sql: string): string {
  return `(select st_collect(case st_dimension(d.geom) when 2 then st_forcepolygonccw(d.geom) else d.geom end
      order by d.path) from st_dump(${sql}) d where not st_isempty(d.geom))`;
}
