import type { BoundValues } from "@honua/pg-raw";
import { type OrderTerm, orderSql, type Place } from "../layer/sort-order.ts";
import { identifier } from "./identifier.ts";
import type { PageChoice } from "./page-choice.ts";
import { type PageRange, pageRanges } from "./page-ranges.ts";

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
  choice?: PageChoice;
}

/**
 * The rows of a page in the order that they are read in, nearest first.
 *
 * Of several ranges each is read only while those before it did not give enough rows.
 */
export function pageRowsSql(request: RowsRequest, values: BoundValues): string {
  const { table, columns, filters, order, place, limit, offset, choice = {} } = request;
  const [range, ...others] = pageRanges(order, place, values);
  if (!range) return `select ${columns} from ${table} t where false`;
  const from = `select ${columns}\n  from ${table} t`;
  const skipped = skip(offset);
  if (others.length === 0) {
    if (!choice.fetchBy) return foundRows(request, range, columns);
    const key = `t.${identifier(choice.fetchBy.name)}`;
    return `${from}\n    where ${key} in (${foundRows(request, range, key)})\n  order by ${range.order}`;
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

/** These columns of a page that is one range. */
function foundRows(
  { table, filters, limit, offset, choice }: RowsRequest,
  { conditions, order }: PageRange,
  columns: string,
): string {
  const page = `order by ${order}\n  limit ${limit}${skip(offset)}`;
  const all = (...more: string[]) =>
    `select ${columns}\n  from ${table} t${where([...filters, ...conditions, ...more])}`;
  const tried = choice?.tried;
  if (tried === undefined) return `${all()}\n  ${page}`;
  // The offset keeps the database from looking for the page in the order of the key.
  if (tried === 0) return `select ${columns} from (${all()} offset 0) t\n  ${page}`;
  const most = limit + offset;
  return `with tried as materialized (
  select ${columns} from (select * from ${table} t${where(conditions)}\n  order by ${order}\n  limit ${tried}) t${where(filters)}
  order by ${order}\n  limit ${most}),
enough as (select count(*) = ${most} as yes from tried)
select ${columns} from (
  select ${columns} from tried t where (select yes from enough)
  union all (${all("not (select yes from enough)")} offset 0)) t
  ${page}`;
}

function skip(offset: number): string {
  return offset === 0 ? "" : ` offset ${offset}`;
}

/** A `where` clause, or nothing. */
export function where(conditions: readonly string[]): string {
  return conditions.length === 0 ? "" : `\n    where ${conditions.join(" and ")}`;
}
