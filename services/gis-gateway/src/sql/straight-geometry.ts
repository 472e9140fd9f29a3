import type { BoundLayer } from "../layer/bound-layer.ts";

/** Types of a column whose rows may have arcs. */
const MAY_BE_CURVED = /^(?:circularstring|compoundcurve|curvepolygon|multicurve|multisurface)/i;
const LEFT_OPEN = /^geometry/i;

/**
 * SQL for a geometry of straight edges only: no format that is served knows arcs. Columns of a type
 * without arcs are left as they are, which spares them 2 µs a row.
 */
export function straightGeometry(
  { layer, geometry }: Pick<BoundLayer, "layer" | "geometry">,
  sql: string,
): string {
  const type = geometry.geometry?.type ?? "Geometry";
  const isCurved =
    MAY_BE_CURVED.test(type) || (LEFT_OPEN.test(type) && LEFT_OPEN.test(layer.geometryType));
  // PostGIS fails at the arcs of some empty geometries.
  return isCurved
    ? `case when st_isempty(${sql}) then ${sql} else st_curvetoline(${sql}) end`
    : sql;
}
