import { BoundValues, type Statement } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import { filterContext } from "../layer/filter-context.ts";
import { totalOrder } from "../layer/sort-order.ts";
import { featureColumns } from "./feature-json.ts";
import { requestConditions, requestedRowsSql } from "./feature-sql.ts";
import { identifier, literal, qualified, unusedName } from "./identifier.ts";
import { keysetPositionSql, orderSql } from "./order-sql.ts";
import { MAX_COUNTED_ROWS, type PageRequest } from "./page-request.ts";
import { whereClause } from "./page-rows.ts";

/**
 * The rows of a page one by one, in the order of the page, and one more when there are more; that one
 * has no `item`. The first and the last of the page have their `place`; each has what is `matched`,
 * where that is counted. The way of `compileFeatureSql` for pages too long to be one text.
 *
 * @param item SQL of what is made of the row `r`
 * @param also columns that it reads besides those of the request
 */
export function rowsStatement(
  bound: BoundLayer,
  request: PageRequest,
  item: string,
  also: readonly string[] = [],
): Statement {
  const { limit } = request;
  const { numbered, n, matched, at, values } = numberedRows(bound, request, also);
  return {
    text: `select case when r.${n} <= ${limit} then ${item} end as item,
  case when r.${n} in (1, ${limit}) then ${at} end as place, ${matched} as matched
from (${numbered}) r`,
    values,
  };
}

/** Gives one row: how many rows `rowsStatement` has, and the place of the last on the page. */
export function edgesStatement(bound: BoundLayer, request: PageRequest): Statement {
  const { numbered, n, at, values } = numberedRows(
    bound,
    { ...request, properties: [], skipGeometry: true, counts: false },
    [],
  );
  return {
    text: `select count(*)::int as fetched, max(case when r.${n} = ${request.limit} then ${at} end) as farthest
from (${numbered}) r`,
    values,
  };
}

/** SQL of the columns of a file, and which of them is the geometry. */
export interface FileColumns {
  columns: readonly string[];
  geometry: string;
}

/**
 * Gives one row in binary: the items as one FlatGeobuf, then as text the number of rows that
 * `rowsStatement` has, and the places of the first and the last on the page. A file as text would be
 * hexadecimal, twice as long as the file.
 */
export function fileStatement(
  bound: BoundLayer,
  request: PageRequest,
  { columns, geometry }: FileColumns,
): Statement {
  const { limit } = request;
  const { numbered, n, at, values } = numberedRows(bound, { ...request, counts: false }, []);
  return {
    text: `with r as materialized (${numbered})
select (select st_asflatgeobuf(q, false, ${literal(geometry)}) from
    (select ${columns.join(", ")} from r where r.${n} <= ${limit} order by r.${n}${request.place?.direction === "before" ? " desc" : ""}) q) as file,
  count(*)::text as fetched,
  max(case when r.${n} = 1 then ${at} end)::text as nearest,
  max(case when r.${n} = ${limit} then ${at} end)::text as farthest
from r`,
    values,
    isBinary: true,
  };
}

function numberedRows(bound: BoundLayer, request: PageRequest, also: readonly string[]) {
  const { place } = request;
  const table = qualified(bound.table);
  const key = `t.${identifier(bound.key.name)}`;
  const order = totalOrder(request.sortby, bound.key);
  const backwards = place?.direction === "before";
  const names = new Set([
    ...featureColumns(bound, request),
    ...order.map(({ column }) => column.name),
    ...also,
  ]);
  const n = identifier(unusedName("$n", names));
  const values = new BoundValues();
  const filters = [
    ...(bound.key.notNull ? [] : [`${key} is not null`]),
    ...requestConditions(bound, filterContext(bound), request, values),
  ];
  const columns = [...names].map((name) => `t.${identifier(name)}`).join(", ");
  const rows = requestedRowsSql(bound, request, { columns, filters, order }, values);
  return {
    n,
    numbered: `select p.*, row_number() over (order by ${orderSql(order, { row: "p", backwards })}) as ${n}
  from (${rows}) p`,
    matched: request.counts
      ? `(select count(*)::int from (select 1 from ${table} t${whereClause(filters)} limit ${MAX_COUNTED_ROWS + 1}) c)`
      : "null::int",
    at: keysetPositionSql(order, "r"),
    values: values.all(),
  };
}
