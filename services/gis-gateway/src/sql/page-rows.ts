import type { BoundValues } from "@honua/pg-raw";
import type { KeysetPosition, OrderTerm } from "../layer/sort-order.ts";
import { identifier } from "./identifier.ts";
import { orderSql } from "./order-sql.ts";
import type { PagePlan } from "./page-plan.ts";
import { type PageRange, pageRanges } from "./page-ranges.ts";

/** What the rows of a page are read from. */
export interface RowsRequest {
  /** As SQL writes it; its alias is `t`. */
  table: string;
  columns: string;
  filters: readonly string[];
  order: readonly OrderTerm[];
  place: KeysetPosition | undefined;
  /** How many rows are read, after those of `offset`. */
  limit: number;
  offset: number;
  plan?: PagePlan;
}

/**
 * The rows of a page in the order that they are read in, nearest first.
 *
 * Of several ranges each is read only while those before it did not give enough rows.
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
  const most = limit + offset;
  const parts = [range, ...others].map((part, index) => {
    const before = Array.from({ length: index }, (_, at) => `(select count(*) from range_${at})`);
    const needed = index === 0 ? [] : [`${before.join(" + ")} < ${most}`];
    const conditions = whereClause([...filters, ...part.conditions, ...needed]);
    return `range_${index} as (${from}${conditions}\n  order by ${part.order}\n  limit ${most})`;
  });
  const all = parts.map((_, index) => `table range_${index}`).join(" union all ");
  const sorted = orderSql(order, { row: "u", backwards: place?.direction === "before" });
  return `with ${parts.join(",\n")}
select * from (${all}) u\n  order by ${sorted}\n  limit ${limit}${skipped}`;
}

/** These columns of a page that is one range. */
function singleRangeSql(
  { table, filters, limit, offset, plan }: RowsRequest,
  { conditions, order }: PageRange,
  columns: string,
): string {
  const page = `order by ${order}\n  limit ${limit}${offsetClause(offset)}`;
  const all = (...more: string[]) =>
    `select ${columns}\n  from ${table} t${whereClause([...filters, ...conditions, ...more])}`;
  const tried = plan?.scannedRows;
  if (tried === undefined) return `${all()}\n  ${page}`;
  // The offset keeps the database from looking for the page in the order of the key.
  if (tried === 0) return `select ${columns} from (${all()} offset 0) t\n  ${page}`;
  const most = limit + offset;
  return `with tried as materialized (
  select ${columns} from (select * from ${table} t${whereClause(conditions)}\n  order by ${order}\n  limit ${tried}) t${whereClause(filters)}
  order by ${order}\n  limit ${most}),
enough as (select count(*) = ${most} as yes from tried)
select ${columns} from (
  select ${columns} from tried t where (select yes from enough)
  union all (${all("not (select yes from enough)")} offset 0)) t
  ${page}`;
}

function offsetClause(offset: number): string {
  return offset === 0 ? "" : ` offset ${offset}`;
}

/** A `where` clause, or nothing. */
export function whereClause(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `\n    where ${conditions.join(" and ")}`;
}
