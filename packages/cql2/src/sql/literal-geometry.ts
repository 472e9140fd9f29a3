import type { BoundingBox, GeometryLiteral } from "../ast.ts";
import {
  type Coordinates,
  type Geometry,
  type Position,
  positionsOf,
  type SingleGeometry,
} from "../geometry.ts";
import type { Compiler } from "./compiler.ts";
import { boxGeometry, splitBoxGeometry } from "./envelope.ts";

/** Most projections cannot transform a pole, but a position a hundredth of a metre away. */
const NEAR_POLE = 89.9999999;

/** Segments of the edge of a box that is transformed to another CRS, where edges can be curves. */
const EDGE_PIECES = 16;

/**
 * A geometry or box of a filter, with x as easting and y as northing.
 *
 * @param transformed true if PostGIS will transform it to another SRID
 */
export function literalGeometry(
  compiler: Compiler,
  node: GeometryLiteral | BoundingBox,
  at: string,
  transformed: boolean,
): Geometry {
  const flip = compiler.context.filterAxisOrder === "north-east";
  const sqlGeometry =
    node.kind === "bbox"
      ? boxOf(compiler, node, at, flip, transformed ? EDGE_PIECES : 1)
      : mapPositions(node.geometry, (position) => (flip ? flipped(position) : position));
  if (!isGeographic(compiler)) return sqlGeometry;
  const outside = positionsOf(sqlGeometry).find(([, latitude]) => Math.abs(latitude) > 90);
  if (outside !== undefined) {
    const order = flip ? "latitude, longitude" : "longitude, latitude";
    const message = `The latitude ${outside[1]} is outside -90 to 90; the axis order is ${order}.`;
    compiler.fail("invalid-geometry", message, at);
  }
  return transformed ? mapPositions(sqlGeometry, awayFromPole) : sqlGeometry;
}

/** The geometry of a box. Elevations are omitted, because spatial predicates ignore them. */
function boxOf(
  compiler: Compiler,
  { bounds }: BoundingBox,
  at: string,
  flip: boolean,
  pieces: number,
): Geometry {
  const upper = bounds.length / 2;
  const [first = 0, second = 0] = bounds;
  const [third = 0, fourth = 0] = bounds.slice(upper);
  const box = flip
    ? ([second, first, fourth, third] as const)
    : ([first, second, third, fourth] as const);
  const [west, south, east, north] = box;
  if (south > north || (upper === 3 && Number(bounds[2]) > Number(bounds[5]))) {
    compiler.fail("invalid-geometry", "The lower corner of the box is above its upper corner.", at);
  }
  if (west <= east) return boxGeometry(box, pieces);
  if (isGeographic(compiler)) return splitBoxGeometry(box, pieces);
  const message =
    "The west edge of the box is east of its east edge, which is only allowed in degrees of longitude.";
  return compiler.fail("invalid-geometry", message, at);
}

function isGeographic({ context }: Compiler): boolean {
  return context.filterGeographic ?? (context.filterSrid ?? 4326) === 4326;
}

function flipped(position: Position): Position {
  const [first, second, third] = position;
  return third === undefined ? [second, first] : [second, first, third];
}

function awayFromPole(position: Position): Position {
  const [x, y, z] = position;
  const latitude = Math.max(-NEAR_POLE, Math.min(NEAR_POLE, y));
  return z === undefined ? [x, latitude] : [x, latitude, z];
}

function mapPositions(geometry: Geometry, change: (position: Position) => Position): Geometry {
  if (geometry.type === "GeometryCollection") {
    const parts = geometry.geometries.map((part) => mapPositions(part, change) as SingleGeometry);
    return { type: geometry.type, geometries: parts };
  }
  const coordinates = mapCoordinates(geometry.coordinates, change);
  return { type: geometry.type, coordinates } as unknown as SingleGeometry;
}

function mapCoordinates(
  coordinates: Coordinates,
  change: (position: Position) => Position,
): Coordinates {
  return isPosition(coordinates)
    ? change(coordinates)
    : coordinates.map((part) => mapCoordinates(part, change));
}

function isPosition(coordinates: Coordinates): coordinates is Position {
  return typeof coordinates[0] === "number";
}
