import type { BoundValues } from "@honua/pg-raw";
import type { KeysetPosition, OrderTerm } from "../layer/sort-order.ts";
import { identifier } from "./identifier.ts";
import { orderSql } from "./order-sql.ts";
import type { PagePlan } from "./page-plan.ts";
import { type PageRange, pageRanges } from "./page-ranges.ts";

/** The source, conditions and order of a page's rows. */
export interface RowsRequest {
  /** Qualified name; its alias is `t`. */
  table: string;
  columns: string;
  filters: readonly string[];
  order: readonly OrderTerm[];
  place: KeysetPosition | undefined;
  /** Rows to read after the skipped ones. */
  limit: number;
  offset: number;
  plan?: PagePlan;
}

/**
 * SQL for the rows of a page in reading order, nearest first.
 *
 * Of several ranges, each is read only if the ranges before it did not return enough rows.
 */
export function pageRowsSql(request: RowsRequest, values: BoundValues): string {
  const { table, columns, filters, order, place, limit, offset, plan = {} } = request;
  const [range, ...others] = pageRanges(order, place, values);
  if (!range) return `select ${columns} from ${table} t where false`;
  const from = `select ${columns}\n  from ${table} t`;
  const skipped = offsetClause(offset);
  if (others.length === 0) {
    if (!plan.fetchByKey) return singleRangeSql(request, range, columns);
    const key = `t.${identifier(plan.fetchByKey.name)}`;
    return `${from}\n    where ${key} in (${singleRangeSql(request, range, key)})\n  order by ${range.order}`;
  }
  const needed = limit + offset;
  const parts = [range, ...others].map((part, index) => {
    const before = Array.from({ length: index }, (_, at) => `(select count(*) from range_${at})`);
    const isIncomplete = index === 0 ? [] : [`${before.join(" + ")} < ${needed}`];
    const conditions = whereClause([...filters, ...part.conditions, ...isIncomplete]);
    return `range_${index} as (${from}${conditions}\n  order by ${part.order}\n  limit ${needed})`;
  });
  const all = parts.map((_, index) => `table range_${index}`).join(" union all ");
  const sorted = orderSql(order, { row: "u", backwards: place?.direction === "before" });
  return `with ${parts.join(",\n")}
select * from (${all}) u\n  order by ${sorted}\n  limit ${limit}${skipped}`;
}

/** SQL for these columns of a page with a single range. */
function singleRangeSql(
  { table, filters, limit, offset, plan }: RowsRequest,
  { conditions, order }: PageRange,
  columns: string,
): string {
  const page = `order by ${order}\n  limit ${limit}${offsetClause(offset)}`;
  const all = (...more: string[]) =>
    `select ${columns}\n  from ${table} t${whereClause([...filters, ...conditions, ...more])}`;
  const scannedRows = plan?.scannedRows;
  if (scannedRows === undefined) return `${all()}\n  ${page}`;
  // `offset 0` prevents the planner from scanning the key's index for the page.
  if (scannedRows === 0) return `select ${columns} from (${all()} offset 0) t\n  ${page}`;
  const needed = limit + offset;
  return `with scanned as materialized (
  select ${columns} from (select * from ${table} t${whereClause(conditions)}\n  order by ${order}\n  limit ${scannedRows}) t${whereClause(filters)}
  order by ${order}\n  limit ${needed}),
enough as (select count(*) = ${needed} as yes from scanned)
select ${columns} from (
  select ${columns} from scanned t where (select yes from enough)
  union all (${all("not (select yes from enough)")} offset 0)) t
  ${page}`;
}

function offsetClause(offset: number): string {
  return offset === 0 ? "" : ` offset ${offset}`;
}

/** A `where` clause; empty without conditions. */
export function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `\n    where ${conditions.join(" and ")}`;
}
