import { createHash } from "node:crypto";
import { BoundValues, type Statement } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import { type FilterContext, filterContext } from "../layer/filter-context.ts";
import { isKeysetPositionInId, type OrderTerm, totalOrder } from "../layer/sort-order.ts";
import { areaConditions } from "./area-filter.ts";
import { bboxConditions } from "./bbox-filter.ts";
import { type Condition, comparisonKind } from "./condition.ts";
import { cql2Conditions } from "./cql2-filter.ts";
import { datetimeFilter } from "./datetime-filter.ts";
import { type FeatureRepresentation, featureColumns, featureJson } from "./feature-json.ts";
import { fencedConditions } from "./fence.ts";
import { identifier, qualified } from "./identifier.ts";
import { keysetPositionSql, orderSql } from "./order-sql.ts";
import { planPage } from "./page-plan.ts";
import { MAX_COUNTED_ROWS, type PageRequest } from "./page-request.ts";
import { pageRowsSql, type RowsRequest, whereClause } from "./page-rows.ts";
import { restrictionConditions } from "./restriction.ts";

/** The statements that read a collection's features; one statement per request. */
export interface FeatureSql {
  /** Returns one row, for `readPageRow`. */
  page(request: PageRequest): Statement;
  /** Returns one row with the GeoJSON without its closing brace, or no row. */
  feature(
    id: string,
    representation?: Pick<FeatureRepresentation, "system" | "shortened">,
  ): Statement;
}

/** Common limits, whose pages are prepared statements. */
const PREPARED_LIMITS = new Set([1, 10, 20, 25, 50, 100, 200, 500, 1_000, 5_000, 10_000]);

/**
 * Maximum size in bytes of a page that is read as one text. A larger page is streamed feature by
 * feature; PostgreSQL cannot build a text beyond 1 GB.
 */
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Features of a page that the database returns without noticeable delay. */
const MAX_SHORT_PAGE = 100;

/**
 * Compiles the statements of one collection.
 *
 * The inner query of a page filters, orders by the key and reads one row more than requested, to
 * find out whether there are more. The outer query builds GeoJSON text of all rows, one line each,
 * and `readPageRow` removes the extra one. To remove it in SQL, rows would have to be numbered, at
 * up to a quarter of the cost of the whole statement. The limit is a constant in the SQL, because a
 * plan for an unknown limit expects a tenth of the table.
 */
export function compileFeatureSql(bound: BoundLayer): FeatureSql {
  const table = qualified(bound.table);
  const key = `t.${identifier(bound.key.name)}`;
  const keyType = bound.key.sqlType;
  const hasKey = bound.key.notNull ? [] : [`${key} is not null`];
  const context = filterContext(bound);
  const templates = new Map<string, FeatureTemplate>();
  /** Statements of frequent requests by name; only their values differ. */
  const statements = new Map<string, Statement>();

  return {
    feature(id, representation = {}) {
      const name = `feature ${representation.system?.uri} ${representation.shortened === true}`;
      const statement = cached(name, () => writeFeature(representation));
      const [, ...others] = statement.values;
      return { ...statement, values: [id, ...others] };
    },
    page(request) {
      if (request.place || !isPreparable(request)) return writePage(request);
      const { limit, counts, system } = request;
      return cached(`page ${limit} ${counts} ${system?.uri}`, () => writePage(request));
    },
  };

  function cached(name: string, write: () => Statement): Statement {
    const statement = statements.get(name) ?? write();
    statements.set(name, statement);
    return statement;
  }

  /** The first value is a placeholder for the id. */
  function writeFeature(representation: FeatureRepresentation): Statement {
    const { json, columns, digest } = templateFor(representation, [], "");
    const values = new BoundValues();
    const filters = [
      `${key} = ${values.add("")}::${keyType}`,
      ...restrictionConditions(bound, values),
    ];
    const text = `select ${json} as feature
from (select ${columns} from ${table} t where ${filters.join(" and ")} limit 1) r`;
    return { text, values: values.all(), name: `f_${digest}`, isShort: true };
  }

  function writePage(request: PageRequest): Statement {
    const { limit, place } = request;
    const order = totalOrder(request.sortby, bound.key);
    const { json, columns, digest } = templateFor(request, order, "}");
    const backwards = place?.direction === "before";
    const values = new BoundValues();
    const filters = [...hasKey, ...requestConditions(bound, context, request, values)];
    const matched = request.counts
      ? `(select count(*)::int from (select 1 from ${table} t${whereClause(filters)} limit ${MAX_COUNTED_ROWS + 1}) c)`
      : "null::int";
    const rows = requestedRowsSql(bound, request, { columns, filters, order }, values);
    const page = backwards
      ? `select * from (${rows}) p\n  order by ${orderSql(order, { row: "p", backwards: false })}`
      : rows;
    // Aggregating keyset positions takes a twentieth of the time; ids often contain them.
    const places = isKeysetPositionInId(order)
      ? "null"
      : `string_agg(${keysetPositionSql(order, "r")}, E'\\n')`;
    const text = `select string_agg(${json}, E',\\n'), count(*), ${places}, ${matched}
from (${page}) r`;
    const statement = { text, values: values.all(), maxBytes: MAX_TEXT_BYTES };
    if (!isPreparable(request)) return statement;
    const name = `p_${digest}_${limit}${place?.direction ?? ""}${request.counts ? "c" : ""}`;
    return { ...statement, name, isShort: limit <= MAX_SHORT_PAGE };
  }

  /**
   * Templates of whole features are cached by reference system; others are built for each request.
   */
  function templateFor(
    representation: FeatureRepresentation,
    order: readonly OrderTerm[],
    end: string,
  ): FeatureTemplate {
    const isWhole = !representation.properties && !representation.skipGeometry && order.length <= 1;
    const which = `${representation.system?.uri} ${representation.shortened === true} ${end}`;
    const known = isWhole ? templates.get(which) : undefined;
    if (known) return known;
    const names = new Set([
      ...featureColumns(bound, representation),
      ...order.map(({ column }) => column.name),
    ]);
    const columns = [...names].map((name) => `t.${identifier(name)}`).join(", ");
    const json = featureJson(bound, "r", representation, end);
    const digest = createHash("sha1")
      .update(`${table} ${columns} ${json} ${bound.layer.filter ?? ""}`)
      .digest("base64url");
    const shape = { json, columns, digest };
    if (isWhole) templates.set(which, shape);
    return shape;
  }
}

/** SQL of a feature's GeoJSON, the columns that it reads, and a digest that identifies both. */
interface FeatureTemplate {
  json: string;
  columns: string;
  digest: string;
}

/** The conditions of a request together with the layer's own filter; see `fencedConditions`. */
export function requestConditions(
  bound: BoundLayer,
  context: FilterContext,
  request: PageRequest,
  values: BoundValues,
): string[] {
  const { equals, ids, boxes, areas, during, filter } = request;
  const conditions: Condition[] = equals.map(({ column, value }) => ({
    sql: `t.${identifier(column.name)} = ${values.add(value)}::${column.sqlType}`,
    kind: comparisonKind(column),
  }));
  if (ids) {
    conditions.push({
      sql: `t.${identifier(bound.key.name)} = any(${values.add(ids)}::${bound.key.sqlType}[])`,
      kind: comparisonKind(bound.key),
    });
  }
  if (boxes) conditions.push(...bboxConditions(bound, boxes, values, request));
  if (areas) conditions.push(...areaConditions(bound, areas, values, request));
  const temporal = during && datetimeFilter(bound, during, values);
  if (temporal) conditions.push({ sql: temporal, kind: "errorFree" });
  if (filter) {
    const isFenced = bound.restriction !== undefined;
    conditions.push(...cql2Conditions(context, filter, values, { isFenced }));
  }
  return fencedConditions(bound, conditions, values);
}

/** SQL for the rows of a page in reading order, plus one row if another page follows. */
export function requestedRowsSql(
  bound: BoundLayer,
  request: PageRequest,
  rows: Pick<RowsRequest, "columns" | "filters" | "order">,
  values: BoundValues,
): string {
  const { limit, offset, place } = request;
  const table = qualified(bound.table);
  const plan = planPage(bound, request);
  return pageRowsSql({ ...rows, table, place, limit: limit + 1, offset, plan }, values);
}

/** True for whole pages by key. The best plan of a filter depends on its values. */
function isPreparable(request: PageRequest): boolean {
  const { limit, offset, boxes, areas, during, equals, ids, sortby, filter } = request;
  const isFiltered = (boxes ?? areas ?? during ?? ids ?? filter) !== undefined || equals.length > 0;
  const isWhole =
    !request.properties && !request.skipGeometry && !request.shortened && sortby.length === 0;
  return !isFiltered && isWhole && offset === 0 && PREPARED_LIMITS.has(limit);
}
