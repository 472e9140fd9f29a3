import type { BoundLayer } from "../layer/bound-layer.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import { totalOrder } from "../layer/sort-order.ts";
import { hasUniqueIndex } from "../layer/unique-index.ts";
import { type Box, usesSpatialIndex } from "./bbox-filter.ts";
import type { PageRequest } from "./page-request.ts";

/** How the rows of a page are found among those that filters select. */
export interface PagePlan {
  /**
   * Set where it pays to find the page by this column alone, which has a unique index, and to fetch its
   * rows afterwards: to sort what is narrow makes a box of fifteen thousand points a sixth faster.
   */
  fetchByKey?: CatalogColumn;
  /**
   * Set where the page is in the order of the key and filtered by boxes: what is in them is found by
   * the spatial index and sorted, unless these many rows, the first of that order, have enough of it.
   *
   * Left to itself the database follows the key's index wherever it expects enough rows soon, as if
   * they were spread evenly. Where neighbours have like keys that reads most of the table.
   */
  scannedRows?: number;
}

/** Rows up to which it pays to fetch them afterwards. */
const MAX_FETCHED_BY_KEY = 1_000;
/** Rows that are tried, by rows that would do if features were spread evenly over the extent. */
const SCAN_MARGIN = 3;
/** The part of what the boxes are expected to hold that may be tried before. */
const MAX_SCANNED_SHARE = 1 / 4;
/**
 * Rows of a table, by those of a page, up to which the database may be trusted with points. It expects
 * one of a thousand of those around the box to be inside, so that it follows the key only where many
 * are; that costs four times as much at the worst, and to keep it from there a tenth each time.
 */
const MAX_TABLE_PAGES = 2_000;

/** How to find the rows of a page. What is left out is left to the database. */
export function planPage(bound: BoundLayer, request: PageRequest): PagePlan {
  const { table, key } = bound;
  const { boxes, areas, filter, limit } = request;
  if (!hasUniqueIndex(table, key.name)) return {};
  const isFiltered = (boxes ?? areas ?? filter) !== undefined;
  const isByKey = totalOrder(request.sortby, key).length === 1;
  const scannedRows =
    boxes && isByKey && usesSpatialIndex(bound, boxes, request)
      ? rowsToScan(bound, request, boxes)
      : undefined;
  return {
    ...(isFiltered && limit <= MAX_FETCHED_BY_KEY ? { fetchByKey: key } : {}),
    ...(scannedRows === undefined ? {} : { scannedRows }),
  };
}

/** Undefined where neither is worth it: to try some, or to keep the database from the key's index. */
function rowsToScan(
  { table, geometry }: BoundLayer,
  { extent, limit, offset }: PageRequest,
  boxes: readonly Box[],
): number | undefined {
  const rows = table.estimatedRows;
  const most = limit + offset;
  const share = extent ? boxes.reduce((sum, box) => sum + coveredShare(box, extent), 0) : 0;
  const tried = Math.ceil((SCAN_MARGIN * most) / share);
  if (tried <= MAX_SCANNED_SHARE * share * rows) return tried;
  const isShy = geometry.geometry?.type === "Point" && rows <= MAX_TABLE_PAGES * most;
  return isShy ? undefined : 0;
}

/** The part of an extent that a box covers, from 0 to 1. */
function coveredShare(
  box: Box,
  [west, south, east, north]: NonNullable<PageRequest["extent"]>,
): number {
  return (
    coveredLength(box.west, box.east, west, east) *
    coveredLength(box.south, box.north, south, north)
  );
}

/** The part of the second interval that is in the first; of a single point, all or nothing. */
function coveredLength(from: number, to: number, low: number, high: number): number {
  const inside = Math.min(to, high) - Math.max(from, low);
  if (inside < 0) return 0;
  return high > low ? inside / (high - low) : 1;
}
