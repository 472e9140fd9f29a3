/** Two or three coordinates in the axis order of the filter's CRS. */
export type Position = readonly [number, number] | readonly [number, number, number];

/** A GeoJSON geometry (RFC 7946, 3.1) without collections. Collections cannot be nested in CQL2. */
export type SingleGeometry =
  | { readonly type: "Point"; readonly coordinates: Position }
  | { readonly type: "LineString"; readonly coordinates: readonly Position[] }
  | { readonly type: "Polygon"; readonly coordinates: readonly (readonly Position[])[] }
  | { readonly type: "MultiPoint"; readonly coordinates: readonly Position[] }
  | { readonly type: "MultiLineString"; readonly coordinates: readonly (readonly Position[])[] }
  | {
      readonly type: "MultiPolygon";
      readonly coordinates: readonly (readonly (readonly Position[])[])[];
    };

export type Geometry =
  | SingleGeometry
  | { readonly type: "GeometryCollection"; readonly geometries: readonly SingleGeometry[] };

/** The coordinates of a single geometry: a position, or nested lists of positions by its type. */
export type Coordinates = Position | readonly Coordinates[];

/** The nesting depth of positions in the `coordinates` of each type. */
export const COORDINATE_DEPTH: Readonly<Record<SingleGeometry["type"], 0 | 1 | 2 | 3>> = {
  Point: 0,
  LineString: 1,
  MultiPoint: 1,
  Polygon: 2,
  MultiLineString: 2,
  MultiPolygon: 3,
};

/** All positions of a geometry, in order. */
export function positionsOf(geometry: Geometry): readonly Position[] {
  switch (geometry.type) {
    case "Point":
      return [geometry.coordinates];
    case "LineString":
    case "MultiPoint":
      return geometry.coordinates;
    case "Polygon":
    case "MultiLineString":
      return geometry.coordinates.flat();
    case "MultiPolygon":
      return geometry.coordinates.flat(2);
    case "GeometryCollection":
      return geometry.geometries.flatMap(positionsOf);
  }
}

/**
 * Describes the error of a geometry: too few positions (CQL2 BNF, `lineStringText`, `linearRingText`),
 * an open ring (RFC 7946, 3.1.6), or positions with two and three dimensions. Undefined if it is valid.
 */
export function geometryProblem(geometry: Geometry): string | undefined {
  const positions = positionsOf(geometry);
  const dimensions = positions[0]?.length;
  if (positions.some((position) => position.length !== dimensions)) {
    return "some positions have an elevation and others have none";
  }
  const parts = geometry.type === "GeometryCollection" ? geometry.geometries : [geometry];
  if (parts.length === 0) return "an empty geometry cannot be used in a filter";
  for (const part of parts) {
    const problem = partProblem(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function partProblem(geometry: SingleGeometry): string | undefined {
  const { coordinates } = geometry;
  if (coordinates.length === 0) return "an empty geometry cannot be used in a filter";
  switch (geometry.type) {
    case "Point":
    case "MultiPoint":
      return undefined;
    case "LineString":
      return lineProblem(geometry.coordinates);
    case "MultiLineString":
      return first(geometry.coordinates, lineProblem);
    case "Polygon":
      return polygonProblem(geometry.coordinates);
    case "MultiPolygon":
      return first(geometry.coordinates, polygonProblem);
  }
}

function lineProblem(line: readonly Position[]): string | undefined {
  return line.length < 2 ? "a line needs two positions or more" : undefined;
}

function polygonProblem(rings: readonly (readonly Position[])[]): string | undefined {
  return rings.length === 0
    ? "an empty geometry cannot be used in a filter"
    : first(rings, ringProblem);
}

function ringProblem(ring: readonly Position[]): string | undefined {
  if (ring.length < 4) return "a ring needs four positions or more";
  const [start, end] = [ring[0], ring[ring.length - 1]];
  const closed = start?.every((value, axis) => value === end?.[axis]);
  return closed ? undefined : "the last position of a ring must equal its first";
}

function first<T>(
  values: readonly T[],
  problemOf: (value: T) => string | undefined,
): string | undefined {
  for (const value of values) {
    const problem = problemOf(value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
