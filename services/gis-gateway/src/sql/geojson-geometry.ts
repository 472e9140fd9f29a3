/**
 * SQL for a geometry that GeoJSON can represent: with the ring orientation of RFC 7946, and without
 * nested collections and empty parts, for which `st_asgeojson` fails or writes invalid JSON.
 *
 * @param type the geometry type of every row, `Geometry` if rows may differ
 * @param stored SQL of the stored geometry
 * @param sql SQL of the geometry to write
 */
export function geojsonGeometry(type: string, stored: string, sql: string): string {
  switch (type) {
    case "Polygon":
    case "MultiPolygon":
      return `st_forcepolygonccw(${sql})`;
    case "MultiPoint":
      return `st_multi(${collectedParts(sql)})`;
    case "GeometryCollection":
      return `st_forcecollection(${collectedParts(sql)})`;
    case "Geometry":
      // Only rows of the rarer types in a generic column pay for the conversion.
      return `case when geometrytype(${stored}) in (${AREAL_TYPES}) then st_forcepolygonccw(${sql})
      when geometrytype(${stored}) = 'GEOMETRYCOLLECTION' then st_forcecollection(${collectedParts(sql)})
      when geometrytype(${stored}) = 'MULTIPOINT' then st_multi(${collectedParts(sql)}) else ${sql} end`;
    default:
      return sql;
  }
}

const AREAL_TYPES = "'POLYGON', 'MULTIPOLYGON', 'CURVEPOLYGON', 'MULTISURFACE'";

/**
 * SQL that collects the parts of a geometry. Nested collections, which PostGIS refuses to write,
 * are flattened. Empty parts, after which PostGIS writes a superfluous comma, are left out. Only
 * areal parts are reoriented, because `st_forcepolygonccw` also reverses lines.
 */
function collectedParts(sql: string): string {
  return `(select st_collect(case st_dimension(d.geom) when 2 then st_forcepolygonccw(d.geom) else d.geom end
      order by d.path) from st_dump(${sql}) d where not st_isempty(d.geom))`;
}
