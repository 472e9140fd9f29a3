import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { Condition } from "./condition.ts";
import { identifier } from "./identifier.ts";

/** A box in the coordinates of a system, x and y in the order that PostGIS keeps. */
export interface Area {
  srid: number;
  xMin: number;
  yMin: number;
  xMax: number;
  yMax: number;
}

/**
 * SQL that is true where the geometry intersects one of the areas, seen in the areas' own
 * coordinates, or is absent (Part 2, requirement 7).
 *
 * In the table's own coordinates that is one look into the index. Where the table is in degrees or
 * in Web Mercator, the index is asked for what is around the area, before each candidate is
 * transformed; a table in another projection is read as a whole.
 *
 * @param options.wholeTable true: do without the index, because the area could not be projected
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
 * `areaFilter` as conditions that can raise an error. For a layer with a filter of its own, the part
 * that the spatial index answers is a condition by itself.
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
  // The prefilter has asked the index: what is around an area is not computed a second time.
  const exact = areaFilter(bound, areas, values, { ...options, wholeTable: true });
  return [
    { sql: prefilter, kind: "prefilter" },
    { sql: exact, kind: "fallible" },
  ];
}

/** Undefined if the index answers no part of the filter. */
function areaPrefilter(
  { geometry, storage }: BoundLayer,
  areas: readonly Area[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): string | undefined {
  const isOther = ({ srid }: Area) => srid !== storage.srid;
  const isWhole = options.wholeTable || storage.kind === "projected";
  if (isWhole && areas.some(isOther)) return undefined;
  const column = `t.${identifier(geometry.name)}`;
  const conditions = areas.map((area) => {
    const box = areaSql(area, values);
    const wide = isOther(area) ? surroundingAreaSql(storage, area, box, values) : box;
    return `${column} && ${wide}`;
  });
  if (options.mayLackGeometries) conditions.push(`${column} is null`);
  return `(${conditions.join(" or ")})`;
}

/** A box in coordinates of a table in degrees or Web Mercator that holds all of the area. */
function surroundingAreaSql(
  { kind, srid }: BoundLayer["storage"],
  area: Area,
  box: string,
  values: BoundValues,
): string {
  const around = around4326(box, area, values);
  return kind === "crs84" ? around : `(select st_transform(${around}, ${srid}))`;
}

function areaSql({ srid, xMin, yMin, xMax, yMax }: Area, values: BoundValues): string {
  const corner = (x: number, y: number) =>
    `st_makepoint(${values.add(x)}::float8, ${values.add(y)}::float8)`;
  return `st_setsrid(st_makebox2d(${corner(xMin, yMin)}, ${corner(xMax, yMax)})::geometry, ${srid})`;
}

/**
 * A box in degrees with room around the area. One that reaches across the antimeridian or around a
 * pole, whose corners would mislead, becomes a band around the earth.
 */
function around4326(box: string, area: Area, values: BoundValues): string {
  const span = Math.max(area.xMax - area.xMin, area.yMax - area.yMin, 1e-6);
  const outline = `st_transform(st_segmentize(${box}, ${values.add(span / 32)}::float8), 4326)`;
  const hasPole = (latitude: number) =>
    `st_intersects(${box}, st_transform(st_setsrid(st_makepoint(0, ${latitude}), 4326), ${area.srid}))`;
  return `(select st_setsrid(st_makebox2d(
      st_makepoint(case when w > 180 then -180 else greatest(-180, st_xmin(b) - room) end,
        case when ${hasPole(-90)} then -90 else greatest(-90, st_ymin(b) - room) end),
      st_makepoint(case when w > 180 then 180 else least(180, st_xmax(b) + room) end,
        case when ${hasPole(90)} then 90 else least(90, st_ymax(b) + room) end))::geometry, 4326)
    from (select b, st_xmax(b) - st_xmin(b) as w, (st_xmax(b) - st_xmin(b) + st_ymax(b) - st_ymin(b)) / 50 + 0.01 as room
      from (select ${outline} as b) o) a)`;
}
