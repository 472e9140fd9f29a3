import type { BoundLayer } from "../layer/bound-layer.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import { totalOrder } from "../layer/sort-order.ts";
import { hasUniqueIndex } from "../layer/unique-index.ts";
import { type Box, usesSpatialIndex } from "./bbox-filter.ts";
import type { PageRequest } from "./page-request.ts";

/** The strategy that finds the rows of a page among the filtered rows. */
export interface PagePlan {
  /**
   * Set if the page is first found by this column alone, which has a unique index, and its rows are
   * fetched afterwards. Sorting narrow rows makes a box of fifteen thousand points a sixth faster.
   */
  fetchByKey?: CatalogColumn;
  /**
   * Set if the page is ordered by the key and filtered by boxes. This many rows are scanned in key
   * order first; if they do not fill the page, the spatial index finds the rows in the boxes, and
   * they are sorted. 0: use the spatial index only.
   *
   * Without this, the planner scans the key's index whenever it expects enough rows soon, assuming
   * that rows are spread evenly. If nearby features have similar keys, such a scan reads most of
   * the table.
   */
  scannedRows?: number;
}

/** Rows of a page up to which fetching them afterwards is faster. */
const MAX_FETCHED_BY_KEY = 1_000;
/** Scanned rows, by the rows that would fill the page if features were spread evenly. */
const SCAN_MARGIN = 3;
/** The largest number of scanned rows, by the rows that the boxes are expected to contain. */
const MAX_SCANNED_SHARE = 1 / 4;
/**
 * Rows of a table of points, by the rows of a page, up to which the planner chooses the index. It
 * expects one in a thousand of the points around the box to be inside, so that it scans the key's
 * index only if many are. A wrong choice costs up to four times as much; preventing it adds a
 * tenth to the cost of every page.
 */
const MAX_TABLE_PAGES = 2_000;

/**
 * Plans how to find the rows of a page. The planner of the database decides what the plan leaves
 * open.
 */
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

/**
 * Undefined if neither scanning rows nor preventing a scan of the key's index is worth its cost.
 */
function rowsToScan(
  { table, geometry }: BoundLayer,
  { extent, limit, offset }: PageRequest,
  boxes: readonly Box[],
): number | undefined {
  const rows = table.estimatedRows;
  const needed = limit + offset;
  const share = extent ? boxes.reduce((sum, box) => sum + coveredShare(box, extent), 0) : 0;
  const scannedRows = Math.ceil((SCAN_MARGIN * needed) / share);
  if (scannedRows <= MAX_SCANNED_SHARE * share * rows) return scannedRows;
  const mayUsePlanner = geometry.geometry?.type === "Point" && rows <= MAX_TABLE_PAGES * needed;
  return mayUsePlanner ? undefined : 0;
}

/** The share of an extent that a box covers, from 0 to 1. */
function coveredShare(
  box: Box,
  [west, south, east, north]: NonNullable<PageRequest["extent"]>,
): number {
  return (
    coveredLength(box.west, box.east, west, east) *
    coveredLength(box.south, box.north, south, north)
  );
}

/** The share of the second interval that is in the first: 0 or 1 for a single point. */
function coveredLength(from: number, to: number, low: number, high: number): number {
  const inside = Math.min(to, high) - Math.max(from, low);
  if (inside < 0) return 0;
  return high > low ? inside / (high - low) : 1;
}
