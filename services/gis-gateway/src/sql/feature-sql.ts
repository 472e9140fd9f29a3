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

/** Every statement that a collection's features are read with; one statement per request. */
export interface FeatureSql {
  /** Gives one row, which `readPageRow` reads. */
  page(request: PageRequest): Statement;
  /** Gives one row of one value, the GeoJSON without its closing brace, or none. */
  feature(id: string, what?: Pick<FeatureRepresentation, "system" | "shortened">): Statement;
}

/** Limits that clients keep asking for, and whose plans are worth keeping. */
const PREPARED_LIMITS = new Set([1, 10, 20, 25, 50, 100, 200, 500, 1_000, 5_000, 10_000]);

/**
 * Bytes of a page that is read as one text. A larger page is streamed feature by
 * feature; PostgreSQL could not make a text beyond 1 GB at all.
 */
export const MAX_TEXT_BYTES = 64 * 1024 * 1024;

/** Features of a page that the database has at hand at once. */
const MAX_SHORT_PAGE = 100;

/**
 * Writes the statements of one collection.
 *
 * A page's inner query filters, orders by the key and takes one row more than asked, to know whether
 * there are more; the outer one makes GeoJSON text of all of them, a line each, and `readPageRow` cuts
 * the one too many off: to tell it from the others in SQL, rows would have to be numbered, at up to a
 * quarter of the cost of the whole statement. The limit is written out, because a plan made for an
 * unknown one expects a tenth of the table.
 */
export function compileFeatureSql(bound: BoundLayer): FeatureSql {
  const table = qualified(bound.table);
  const key = `t.${identifier(bound.key.name)}`;
  const keyType = bound.key.sqlType;
  const identified = bound.key.notNull ? [] : [`${key} is not null`];
  const filterNames = filterContext(bound);
  const templates = new Map<string, FeatureTemplate>();
  /** Statements that are asked for again and again, as they were written the first time. */
  const statements = new Map<string, Statement>();

  return {
    feature(id, what = {}) {
      const name = `feature ${what.system?.uri} ${what.shortened === true}`;
      const statement = cached(name, () => writeFeature(what));
      const [, ...others] = statement.values;
      return { ...statement, values: [id, ...others] };
    },
    page(request) {
      if (request.place || !isPreparable(request)) return writePage(request);
      const { limit, counts, system } = request;
      return cached(`page ${limit} ${counts} ${system?.uri}`, () => writePage(request));
    },
  };

  function cached(what: string, write: () => Statement): Statement {
    const statement = statements.get(what) ?? write();
    statements.set(what, statement);
    return statement;
  }

  /** The first value stands for the id. */
  function writeFeature(what: FeatureRepresentation): Statement {
    const { json, columns, digest } = templateFor(what, [], "");
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
    const filters = [...identified, ...requestConditions(bound, filterNames, request, values)];
    const matched = request.counts
      ? `(select count(*)::int from (select 1 from ${table} t${whereClause(filters)} limit ${MAX_COUNTED_ROWS + 1}) c)`
      : "null::int";
    const rows = requestedRowsSql(bound, request, { columns, filters, order }, values);
    const page = backwards
      ? `select * from (${rows}) p\n  order by ${orderSql(order, { row: "p", backwards: false })}`
      : rows;
    // To aggregate the places as well takes a twentieth of the time, where ids do not tell them.
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

  /** Whole features are written once for each system; a selection is written when it is asked for. */
  function templateFor(
    what: FeatureRepresentation,
    order: readonly OrderTerm[],
    end: string,
  ): FeatureTemplate {
    const isWhole = !what.properties && !what.skipGeometry && order.length <= 1;
    const which = `${what.system?.uri} ${what.shortened === true} ${end}`;
    const known = isWhole ? templates.get(which) : undefined;
    if (known) return known;
    const names = new Set([
      ...featureColumns(bound, what),
      ...order.map(({ column }) => column.name),
    ]);
    const columns = [...names].map((name) => `t.${identifier(name)}`).join(", ");
    const json = featureJson(bound, "r", what, end);
    const digest = createHash("sha1")
      .update(`${table} ${columns} ${json} ${bound.layer.filter ?? ""}`)
      .digest("base64url");
    const shape = { json, columns, digest };
    if (isWhole) templates.set(which, shape);
    return shape;
  }
}

/** GeoJSON of a feature, what it reads, and what tells its statements from others. */
interface FeatureTemplate {
  json: string;
  columns: string;
  digest: string;
}

/** The conditions that a request puts on features, with the layer's own; see `fencedConditions`. */
export function requestConditions(
  bound: BoundLayer,
  columns: FilterContext,
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
    conditions.push(...cql2Conditions(columns, filter, values, { isFenced }));
  }
  return fencedConditions(bound, conditions, values);
}

/** The rows of a request in the order that they are read in, and one more to know whether there are more. */
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

/** Only whole pages by key: the plan for a filter depends on what is asked. */
function isPreparable(request: PageRequest): boolean {
  const { limit, offset, boxes, areas, during, equals, ids, sortby, filter } = request;
  const isFiltered = (boxes ?? areas ?? during ?? ids ?? filter) !== undefined || equals.length > 0;
  const isWhole =
    !request.properties && !request.skipGeometry && !request.shortened && sortby.length === 0;
  return !isFiltered && isWhole && offset === 0 && PREPARED_LIMITS.has(limit);
}
