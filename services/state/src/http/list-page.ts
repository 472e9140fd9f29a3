import type { Page } from "@honua/contracts";
import { encodeCursor } from "./page-cursor.ts";

/**
 * Builds a page from at most `limit + 1` rows. The extra row shows that another page follows.
 *
 * @param of.key the sort key of a row, from which the cursor is made
 */
export function listPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  of: { item: (row: Row) => Item; key: (row: Row) => string },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(of.item),
    next: last === undefined ? null : encodeCursor(of.key(last)),
  };
}
