import type { Page } from "@honua/contracts";
import { encodeCursor } from "./page-cursor.ts";

/**
 * A page of what was read, which is one more than is shown when another page follows.
 *
 * @param of.key what the list is ordered by
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
