import { MERCATOR_EDGE, mercatorToDegrees } from "../layer/web-mercator.ts";
import { CRS84 } from "../ogc/media-types.ts";
import type { Box } from "../sql/bbox-filter.ts";

/** A quadtree of tiles (OGC 17-083r4). Each matrix has twice the rows and columns of the previous one. */
export interface TileMatrixSet {
  id: string;
  title: string;
  uri: string;
  crs: string;
  srid: number;
  /** Columns and rows of matrix 0. */
  columns: number;
  rows: number;
  /** Number of matrices. */
  levels: number;
  /** The top left corner, and the width of a tile of matrix 0, in coordinates of the set. */
  left: number;
  top: number;
  width: number;
  /** Converts coordinates of the set to longitude and latitude. */
  toDegrees(x: number, y: number): [longitude: number, latitude: number];
}

const TILE_MATRIX_SET_REGISTER = "http://www.opengis.net/def/tilematrixset/OGC/1.0";

export const TILE_MATRIX_SETS: readonly TileMatrixSet[] = [
  {
    id: "WebMercatorQuad",
    title: "Google Maps Compatible for the World",
    uri: `${TILE_MATRIX_SET_REGISTER}/WebMercatorQuad`,
    crs: "http://www.opengis.net/def/crs/EPSG/0/3857",
    srid: 3857,
    columns: 1,
    rows: 1,
    levels: 25,
    left: -MERCATOR_EDGE,
    top: MERCATOR_EDGE,
    width: 2 * MERCATOR_EDGE,
    toDegrees: mercatorToDegrees,
  },
  {
    id: "WorldCRS84Quad",
    title: "CRS84 for the World",
    uri: `${TILE_MATRIX_SET_REGISTER}/WorldCRS84Quad`,
    crs: CRS84,
    srid: 4326,
    columns: 2,
    rows: 1,
    levels: 18,
    left: -180,
    top: 90,
    width: 180,
    toDegrees: (x, y) => [x, y],
  },
];

export interface TileAddress {
  matrix: number;
  row: number;
  column: number;
}

/** The square of a tile in coordinates of its set. */
export interface TileSquare {
  xMin: number;
  yMin: number;
  xMax: number;
  yMax: number;
}

export function tileSquare(set: TileMatrixSet, { matrix, row, column }: TileAddress): TileSquare {
  const side = set.width / 2 ** matrix;
  const xMin = set.left + column * side;
  const yMax = set.top - row * side;
  return { xMin, yMin: yMax - side, xMax: xMin + side, yMax };
}

/**
 * A square that is extended by a margin and clipped to the set, as a box in degrees.
 *
 * @param margin in units of the set
 */
export function bufferedBox(set: TileMatrixSet, square: TileSquare, margin: number): Box {
  const right = set.left + set.width * set.columns;
  const bottom = set.top - set.width * set.rows;
  const [west, south] = set.toDegrees(
    Math.max(set.left, square.xMin - margin),
    Math.max(bottom, square.yMin - margin),
  );
  const [east, north] = set.toDegrees(
    Math.min(right, square.xMax + margin),
    Math.min(set.top, square.yMax + margin),
  );
  return { west, south, east, north };
}

/** The first and the last matrix with tiles. If there is none, the last is less than the first. */
export interface Levels {
  first: number;
  last: number;
}

export function tileLevels(
  set: TileMatrixSet,
  {
    minZoom = 0,
    maxZoom = Math.max(minZoom, DEFAULT_MAX_ZOOM),
  }: { minZoom?: number | undefined; maxZoom?: number | undefined },
): Levels {
  return { first: minZoom, last: Math.min(maxZoom, set.levels - 1) };
}

/** Tiles of this matrix are 10 m wide. Maps enlarge them for higher levels without a visible loss. */
const DEFAULT_MAX_ZOOM = 22;

/** The rows and columns of a matrix that have tiles. Both ends are inclusive. */
export interface TileLimits {
  tileMatrix: string;
  minTileRow: number;
  maxTileRow: number;
  minTileCol: number;
  maxTileCol: number;
}

/** The limits of each level: all rows and columns. */
export function tileMatrixSetLimits(set: TileMatrixSet, { first, last }: Levels): TileLimits[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const matrix = first + index;
    return {
      tileMatrix: String(matrix),
      minTileRow: 0,
      maxTileRow: set.rows * 2 ** matrix - 1,
      minTileCol: 0,
      maxTileCol: set.columns * 2 ** matrix - 1,
    };
  });
}

/** True for an existing tile at one of the levels. */
export function isTileInLevels(
  set: TileMatrixSet,
  { first, last }: Levels,
  { matrix, row, column }: TileAddress,
): boolean {
  if (matrix < first || matrix > last) return false;
  return row < set.rows * 2 ** matrix && column < set.columns * 2 ** matrix;
}
