import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import { MERCATOR_EDGE } from "../layer/web-mercator.ts";
import type { Condition } from "./condition.ts";
import { identifier } from "./identifier.ts";

/** A box in longitude and latitude that does not cross the antimeridian, `west <= east`. */
export interface Box {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** Width and height in degrees up to which a box is projected into the table's coordinates. */
const MAX_LOCAL_DEGREES = 60;
/** The largest offset between two datums, in degrees. */
const DATUM_SHIFT = 0.01;
/** Latitude beyond which Web Mercator tends to infinity. */
const MAX_MERCATOR_LATITUDE = 89.99;
const OUTSIDE_MERCATOR_METRES = 1e9;
/** Index access methods that support bounding boxes. */
const SPATIAL_INDEX_METHODS = new Set(["gist", "spgist"]);

/**
 * SQL that is true if the geometry intersects one of the boxes or is null (Part 1, 7.15.3: a
 * feature without a geometry matches every bbox). The box is transformed into the table's
 * coordinates so that the spatial index can be used. The column is never transformed for the index
 * condition.
 *
 * @param options.mayLackGeometries false: do not search for null geometries
 * @param options.wholeTable true: do not use the index, because the box cannot be projected
 */
export function bboxFilter(
  { geometry, storage }: BoundLayer,
  boxes: readonly Box[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): string {
  const column = `t.${identifier(geometry.name)}`;
  const conditions = boxes.map(condition);
  if (options.mayLackGeometries) conditions.push(`${column} is null`);
  return conditions.length === 1 ? (conditions[0] ?? "") : `(${conditions.join(" or ")})`;

  function condition(box: Box): string {
    switch (storage.kind) {
      case "crs84":
        return intersectsInTableSystem(box, 4326);
      case "webMercator":
        return intersectsInTableSystem(toWebMercator(box), storage.srid);
      case "geographic":
        return indexedInDegrees(box);
      case "projected": {
        const isWhole = options.wholeTable || !isLocal(box);
        return isWhole ? inDegrees(column, box, values) : indexedInDegrees(box);
      }
    }
  }

  /** Compares in degrees, after an index condition in the table's coordinates. */
  function indexedInDegrees(box: Box): string {
    const around = surroundingBoxSql(storage, box, values);
    return `(${column} && ${around} and ${inDegrees(column, box, values)})`;
  }

  /** Compares in the table's coordinates. */
  function intersectsInTableSystem(box: Box, srid: number): string {
    const corners = cornersOf(box, values);
    const area = boxSql(corners, srid);
    const isInside =
      geometry.geometry?.type === "Point"
        ? isPointInside(corners)
        : intersects(area, roundedInwards(box), srid);
    return `(${column} && ${area} and ${isInside})`;
  }

  /** For points, PostgreSQL's own comparison gives the result of `ST_Intersects` in less time. */
  function isPointInside(corners: Corners): string {
    return `${column}::point <@ ${postgresBoxSql(corners)}`;
  }

  /**
   * A geometry whose bounding box lies within the box intersects it; no vertex has to be read.
   * `&<|` is false if a coordinate is NaN, which `@` treats as inside. A `case` is used because an
   * `or` would search the index twice.
   */
  function intersects(area: string, inner: Box | undefined, srid: number): string {
    const exactly = `st_intersects(${column}, ${area})`;
    if (!inner) return exactly;
    const within = boxSql(cornersOf(inner, values), srid);
    return `case when ${column} @ ${within} and ${column} &<| ${within} then true else ${exactly} end`;
  }
}

/**
 * `bboxFilter` as conditions with the kind of each. The comparison of points cannot raise an error;
 * others may fail on invalid geometries or when a geometry is transformed. For a layer with its own
 * filter, a separate prefilter lets the index compare bounding boxes.
 */
export function bboxConditions(
  bound: BoundLayer,
  boxes: readonly Box[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): Condition[] {
  const sql = bboxFilter(bound, boxes, values, options);
  const isOfPoints = bound.geometry.geometry?.type === "Point";
  const isInTableSystem = bound.storage.kind === "crs84" || bound.storage.kind === "webMercator";
  if (isOfPoints && isInTableSystem) return [{ sql, kind: "errorFree" }];
  const prefilter = bound.restriction && bboxPrefilter(bound, boxes, values, options);
  return [
    ...(prefilter === undefined ? [] : [{ sql: prefilter, kind: "prefilter" } as const]),
    { sql, kind: "fallible" },
  ];
}

/** The part of `bboxFilter` that uses the spatial index; undefined if no part does. */
function bboxPrefilter(
  { geometry, storage }: BoundLayer,
  boxes: readonly Box[],
  values: BoundValues,
  options: { wholeTable: boolean; mayLackGeometries: boolean },
): string | undefined {
  if (storage.kind === "projected" && (options.wholeTable || !boxes.every(isLocal))) {
    return undefined;
  }
  const column = `t.${identifier(geometry.name)}`;
  const conditions = boxes.map((box) => `${column} && ${surroundingBoxSql(storage, box, values)}`);
  if (options.mayLackGeometries) conditions.push(`${column} is null`);
  return `(${conditions.join(" or ")})`;
}

/** A box in the table's coordinates that contains the given box. */
function surroundingBoxSql(
  { kind, srid }: BoundLayer["storage"],
  box: Box,
  values: BoundValues,
): string {
  switch (kind) {
    case "crs84":
      return boxSql(cornersOf(box, values), 4326);
    case "webMercator":
      return boxSql(cornersOf(toWebMercator(box), values), srid);
    case "geographic":
      return boxSql(cornersOf(expand(box, DATUM_SHIFT), values), srid);
    case "projected": {
      const span = Math.max(box.east - box.west, box.north - box.south, 1e-6);
      // Projected edges are curves: add vertices along the edges and a margin around the box.
      const wide = boxSql(cornersOf(expand(box, span / 100), values), 4326);
      return `st_transform(st_segmentize(${wide}, ${values.add(span / 16)}::float8), ${srid})`;
    }
  }
}

/** True if the condition for these boxes uses a spatial index of the table. */
export function usesSpatialIndex(
  { table, geometry, storage }: BoundLayer,
  boxes: readonly Box[],
  { wholeTable }: { wholeTable: boolean },
): boolean {
  const isIndexed = table.indexes.some(
    ({ method, columns }) => SPATIAL_INDEX_METHODS.has(method) && columns[0] === geometry.name,
  );
  return isIndexed && (storage.kind !== "projected" || (!wholeTable && boxes.every(isLocal)));
}

/** True if projecting a box may fail; a second attempt on the whole table avoids the projection. */
export function mayFailToProject({ storage }: BoundLayer): boolean {
  return storage.kind === "projected";
}

function inDegrees(column: string, box: Box, values: BoundValues): string {
  return `st_intersects(st_transform(${column}, 4326), ${boxSql(cornersOf(box, values), 4326)})`;
}

/** The lower left and upper right corners of a box, each as the arguments of a point function. */
type Corners = readonly [lower: string, upper: string];

function cornersOf({ west, south, east, north }: Box, values: BoundValues): Corners {
  const corner = (x: number, y: number) => `${values.add(x)}::float8, ${values.add(y)}::float8`;
  return [corner(west, south), corner(east, north)];
}

/** A box as a geometry. Unlike `ST_MakeEnvelope`, it is valid for a line or a point. */
function boxSql([lower, upper]: Corners, srid: number): string {
  return `st_setsrid(st_makebox2d(st_makepoint(${lower}), st_makepoint(${upper}))::geometry, ${srid})`;
}

/** A box as PostgreSQL's own type, which includes its edges and compares in double precision. */
function postgresBoxSql([lower, upper]: Corners): string {
  return `box(point(${lower}), point(${upper}))`;
}

function expand({ west, south, east, north }: Box, by: number): Box {
  return {
    west: west - by,
    south: Math.max(-90, south - by),
    east: east + by,
    north: Math.min(90, north + by),
  };
}

/**
 * The largest box in single precision that is inside this one, because PostGIS compares bounding
 * boxes in single precision, rounded outwards. Undefined if no such box exists.
 */
function roundedInwards({ west, south, east, north }: Box): Box | undefined {
  const inner = {
    west: -floatBelow(-west),
    south: -floatBelow(-south),
    east: floatBelow(east),
    north: floatBelow(north),
  };
  return inner.west <= inner.east && inner.south <= inner.north ? inner : undefined;
}

/** The largest single-precision number that is not larger than the value. */
function floatBelow(value: number): number {
  const nearest = Math.fround(value);
  if (nearest <= value) return nearest;
  const bits = new Int32Array(new Float32Array([nearest]).buffer);
  // One step towards minus infinity; also from -0, to which the smallest negative numbers round.
  bits[0] = (bits[0] ?? 0) + (nearest > 0 ? -1 : 1);
  return new Float32Array(bits.buffer)[0] ?? nearest;
}

function isLocal({ west, south, east, north }: Box): boolean {
  return east - west <= MAX_LOCAL_DEGREES && north - south <= MAX_LOCAL_DEGREES;
}

function toWebMercator({ west, south, east, north }: Box): Box {
  const x = (longitude: number) => (longitude / 180) * MERCATOR_EDGE;
  const y = (latitude: number) => {
    if (Math.abs(latitude) > MAX_MERCATOR_LATITUDE)
      return Math.sign(latitude) * OUTSIDE_MERCATOR_METRES;
    const radians = (latitude * Math.PI) / 180;
    return (Math.asinh(Math.tan(radians)) / Math.PI) * MERCATOR_EDGE;
  };
  return { west: x(west), south: y(south), east: x(east), north: y(north) };
}
