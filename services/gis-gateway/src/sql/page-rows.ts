import type { CatalogColumn } from "../check/catalog.ts";
import type { BoundValues } from "../database/statement.ts";
import { identifier } from "./identifier.ts";
import { type OrderTerm, orderSql, type Place } from "./page-order.ts";
import { pageRanges } from "./page-ranges.ts";

/** What the rows of a page are read from. */
export interface RowsRequest {
  /** As SQL writes it; its alias is `t`. */
  table: string;
  columns: string;
  filters: readonly string[];
  order: readonly OrderTerm[];
  place: Place | undefined;
  /** How many rows are read, after those of `offset`. */
  limit: number;
  offset: number;
  /**
   * Set to a column with a unique index where rows are probably sorted to find the page: they are then
   * chosen by it alone, and fetched afterwards. To sort what is narrow makes a box of fifteen thousand
   * points a sixth faster.
   */
  chooseBy?: CatalogColumn | undefined;
}

/**
 * The rows of a page in the order that they are read in, nearest first.
 *
 * Of several ranges each is read only while those before it did not give enough rows.
 */
export function pageRowsSql(request: RowsRequest, values: BoundValues): string {
  const { table, columns, filters, order, place, limit, offset, chooseBy } = request;
  const [range, ...others] = pageRanges(order, place, values);
  if (!range) return `select ${columns} from ${table} t where false`;
  const from = `select ${columns}\n  from ${table} t`;
  const skipped = offset === 0 ? "" : ` offset ${offset}`;
  if (others.length === 0) {
    const conditions = where([...filters, ...range.conditions]);
    const page = `${conditions}\n  order by ${range.order}\n  limit ${limit}${skipped}`;
    if (!chooseBy) return `${from}${page}`;
    const key = `t.${identifier(chooseBy.name)}`;
    return `${from}\n    where ${key} in (select ${key} from ${table} t${page})\n  order by ${range.order}`;
  }
  const most = limit + offset;
  const parts = [range, ...others].map((part, index) => {
    const before = Array.from({ length: index }, (_, at) => `(select count(*) from range_${at})`);
    const needed = index === 0 ? [] : [`${before.join(" + ")} < ${most}`];
    const conditions = where([...filters, ...part.conditions, ...needed]);
    return `range_${index} as (${from}${conditions}\n  order by ${part.order}\n  limit ${most})`;
  });
  const all = parts.map((_, index) => `table range_${index}`).join(" union all ");
  const sorted = orderSql(order, { row: "u", backwards: place?.direction === "before" });
  return `with ${parts.join(",\n")}
select * from (${all}) u\n  order by ${sorted}\n  limit ${limit}${skipped}`;
}

/** A `where` clause, or nothing. */
export function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `\n    where ${conditions.join(" and ")}`;
}
