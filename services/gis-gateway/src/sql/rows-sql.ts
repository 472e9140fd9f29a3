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
 * Reads the rows of a page one by one in page order, and one row without an `item` if there are
 * more. The first and last rows of the page have their keyset position in `place`. Each row has the
 * number of `matched` features if they are counted. Used for pages that are too long for
 * `FeatureSql.page`.
 *
 * @param item SQL of the item for the row `r`
 * @param also columns that `item` reads besides those of the request
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

/**
 * Returns one row: the number of rows of `rowsStatement`, and the position of the last on the page.
 */
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

/** SQL of the columns of a file, and the name of the geometry column. */
export interface FileColumns {
  columns: readonly string[];
  geometry: string;
}

/**
 * Returns one row in binary format: the items as one FlatGeobuf file, then as text the number of
 * rows of `rowsStatement` and the positions of the first and last rows on the page. In text format,
 * the file would be hexadecimal and twice as long.
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
