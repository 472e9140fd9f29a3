import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { Condition } from "./condition.ts";
import { identifier } from "./identifier.ts";

/** A box in the coordinates of a reference system, with x and y in PostGIS's axis order. */
export interface Area {
  srid: number;
  xMin: number;
  yMin: number;
  xMax: number;
  yMax: number;
}

/**
 * SQL that is true if the geometry intersects one of the areas in the coordinates of the area, or
 * is null (Part 2, requirement 7).
 *
 * An area in the table's own coordinates needs one index lookup. For a table in degrees or in Web
 * Mercator, the index finds candidates around the area, and each candidate is transformed. A table
 * in another projection is scanned as a whole.
 *
 * @param options.wholeTable true: do not use the index, because the area could not be projected
 * @param options.mayLackGeometries false: do not search for null geometries
 */
function areaFilter(
  { geometry, storage }: BoundLayer,
  areas: readonly Area[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): string {
  const column = `t.${identifier(geometry.name)}`;
  const conditions = areas.map(condition);
  if (options.mayLackGeometries) conditions.push(`${column} is null`);
  return conditions.length === 1 ? (conditions[0] ?? "") : `(${conditions.join(" or ")})`;

  function condition(area: Area): string {
    const box = areaSql(area, values);
    if (area.srid === storage.srid)
      return `(${column} && ${box} and st_intersects(${column}, ${box}))`;
    const exact = `st_intersects(st_transform(${column}, ${area.srid}), ${box})`;
    if (options.wholeTable || storage.kind === "projected") return exact;
    return `(${column} && ${surroundingAreaSql(storage, area, box, values)} and ${exact})`;
  }
}

/**
 * `areaFilter` as fallible conditions. For a layer with its own filter, the part that uses the
 * spatial index is a separate prefilter.
 */
export function areaConditions(
  bound: BoundLayer,
  areas: readonly Area[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): Condition[] {
  const prefilter = bound.restriction && areaPrefilter(bound, areas, values, options);
  if (prefilter === undefined) {
    return [{ sql: areaFilter(bound, areas, values, options), kind: "fallible" }];
  }
  // The prefilter uses the index, so that the surrounding box is not computed a second time.
  const exact = areaFilter(bound, areas, values, { ...options, wholeTable: true });
  return [
    { sql: prefilter, kind: "prefilter" },
    { sql: exact, kind: "fallible" },
  ];
}

/** The part of the filter that uses the spatial index; undefined if no part does. */
function areaPrefilter(
  { geometry, storage }: BoundLayer,
  areas: readonly Area[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): string | undefined {
  const isInOtherSystem = ({ srid }: Area) => srid !== storage.srid;
  const isWhole = options.wholeTable || storage.kind === "projected";
  if (isWhole && areas.some(isInOtherSystem)) return undefined;
  const column = `t.${identifier(geometry.name)}`;
  const conditions = areas.map((area) => {
    const box = areaSql(area, values);
    const wide = isInOtherSystem(area) ? surroundingAreaSql(storage, area, box, values) : box;
    return `${column} && ${wide}`;
  });
  if (options.mayLackGeometries) conditions.push(`${column} is null`);
  return `(${conditions.join(" or ")})`;
}

/** A box that contains the area, in the coordinates of a table in degrees or Web Mercator. */
function surroundingAreaSql(
  { kind, srid }: BoundLayer["storage"],
  area: Area,
  box: string,
  values: BoundValues,
): string {
  const around = surroundingDegreesSql(box, area, values);
  return kind === "crs84" ? around : `(select st_transform(${around}, ${srid}))`;
}

function areaSql({ srid, xMin, yMin, xMax, yMax }: Area, values: BoundValues): string {
  const corner = (x: number, y: number) =>
    `st_makepoint(${values.add(x)}::float8, ${values.add(y)}::float8)`;
  return `st_setsrid(st_makebox2d(${corner(xMin, yMin)}, ${corner(xMax, yMax)})::geometry, ${srid})`;
}

/**
 * A box in degrees with a margin around the area. An area across the antimeridian or around a pole,
 * whose corners do not bound it, becomes a band around the earth.
 */
function surroundingDegreesSql(box: string, area: Area, values: BoundValues): string {
  const span = Math.max(area.xMax - area.xMin, area.yMax - area.yMin, 1e-6);
  const outline = `st_transform(st_segmentize(${box}, ${values.add(span / 32)}::float8), 4326)`;
  const hasPole = (latitude: number) =>
    `st_intersects(${box}, st_transform(st_setsrid(st_makepoint(0, ${latitude}), 4326), ${area.srid}))`;
  return `(select st_setsrid(st_makebox2d(
      st_makepoint(case when w > 180 then -180 else greatest(-180, st_xmin(b) - margin) end,
        case when ${hasPole(-90)} then -90 else greatest(-90, st_ymin(b) - margin) end),
      st_makepoint(case when w > 180 then 180 else least(180, st_xmax(b) + margin) end,
        case when ${hasPole(90)} then 90 else least(90, st_ymax(b) + margin) end))::geometry, 4326)
    from (select b, st_xmax(b) - st_xmin(b) as w, (st_xmax(b) - st_xmin(b) + st_ymax(b) - st_ymin(b)) / 50 + 0.01 as margin
      from (select ${outline} as b) o) a)`;
}
