import type { Geometry, Position } from "../geometry.ts";

type Corner = readonly [x: number, y: number];

/**
 * The geometry of a box from its west, south, east and north. A box without width or height is a line
 * or a point, because a polygon without area is invalid.
 *
 * @param pieces the number of segments of an edge: more than one if the box will be transformed, because
 *   an edge can be a curve in the other CRS
 */
export function boxGeometry(
  [west, south, east, north]: readonly [number, number, number, number],
  pieces: number,
): Geometry {
  if (west === east && south === north) return { type: "Point", coordinates: [west, south] };
  if (west === east || south === north) {
    const end: Corner = [east, north];
    return { type: "LineString", coordinates: [...edge([west, south], end, pieces), end] };
  }
  return { type: "Polygon", coordinates: [boxRing(west, south, east, north, pieces)] };
}

/**
 * The geometry of a box across the antimeridian (RFC 7946, 5.2): from its west to 180 and from -180
 * to its east.
 */
export function splitBoxGeometry(
  [west, south, east, north]: readonly [number, number, number, number],
  pieces: number,
): Geometry {
  if (west >= 180) return boxGeometry([-180, south, east, north], pieces);
  if (east <= -180) return boxGeometry([west, south, 180, north], pieces);
  if (south === north) {
    const line = (from: number, to: number): Position[] => [
      ...edge([from, south], [to, south], pieces),
      [to, south],
    ];
    return { type: "MultiLineString", coordinates: [line(west, 180), line(-180, east)] };
  }
  const rings = [
    boxRing(west, south, 180, north, pieces),
    boxRing(-180, south, east, north, pieces),
  ];
  return { type: "MultiPolygon", coordinates: rings.map((ring) => [ring]) };
}

function boxRing(
  west: number,
  south: number,
  east: number,
  north: number,
  pieces: number,
): Position[] {
  const corners: readonly Corner[] = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
  const ring: Position[] = [];
  for (const [index, corner] of corners.slice(0, -1).entries()) {
    ring.push(...edge(corner, corners[index + 1] as Corner, pieces));
  }
  return [...ring, [west, south]];
}

/** The positions of an edge from its start, without its end. */
function edge([fromX, fromY]: Corner, [toX, toY]: Corner, pieces: number): Position[] {
  return Array.from({ length: pieces }, (_, index) => {
    const part = index / pieces;
    return [fromX + (toX - fromX) * part, fromY + (toY - fromY) * part];
  });
}
