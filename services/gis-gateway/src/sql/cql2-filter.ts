import {
  type BooleanExpression,
  type PropertyColumn,
  type SqlContext,
  toSplitSql,
  toSql,
} from "@honua/cql2";
import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer, BoundProperty } from "../layer/bound-layer.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import type { OfferedSystem } from "../layer/offered-systems.ts";
import { type Condition, hasErrorFreeComparison } from "./condition.ts";

/** A filter of a request: its syntax tree, and how the coordinates in it are meant. */
export interface Cql2Filter {
  expression: BooleanExpression;
  /** CRS84 when absent. */
  system?: OfferedSystem;
}

/** The names that filters use, with the columns behind them. */
type FilterColumns = ReadonlyMap<string, PropertyColumn>;

/** Name of the geometry in filters, besides that of its column (Part 3, 7.2: queryables). */
const GEOMETRY = "geometry";

/** What filters are compiled against. */
export interface FilterContext {
  columns: FilterColumns;
  /** True where the database has the function `unaccent`, which ACCENTI needs. */
  unaccent: boolean;
}

/** What a layer's features can be filtered by: its properties, and its geometry. */
export function filterContext({
  properties,
  geometry,
  storage,
  unaccent = false,
}: Pick<BoundLayer, "properties" | "geometry" | "storage" | "unaccent">): FilterContext {
  const spatial: PropertyColumn = { column: geometry.name, type: "geometry", srid: storage.srid };
  const columns = new Map<string, PropertyColumn>([
    [GEOMETRY, spatial],
    [geometry.name, spatial],
    ...properties.map((bound) => [bound.property.name, columnOf(bound)] as const),
  ]);
  return { columns, unaccent };
}

/**
 * The condition of a filter (OGC API Features Part 3, CQL2). Every value is bound.
 *
 * @throws Cql2Error for a name that the layer does not have, or values that do not go together
 */
export function cql2Condition(
  context: FilterContext,
  filter: Cql2Filter,
  values: BoundValues,
): string {
  const fragment = toSql(filter.expression, sqlContext(context, filter, values));
  for (const value of fragment.values) values.add(value);
  return fragment.text;
}

/**
 * The conditions of a filter, each with whether it can raise an error.
 *
 * @param options.isFenced false: one condition is enough, because the statement has no fence
 * @throws Cql2Error for a name that the layer does not have, or values that do not go together
 */
export function cql2Conditions(
  context: FilterContext,
  filter: Cql2Filter,
  values: BoundValues,
  options: { isFenced: boolean },
): Condition[] {
  if (!options.isFenced) return [{ sql: cql2Condition(context, filter, values), kind: "fallible" }];
  const fragment = toSplitSql(filter.expression, sqlContext(context, filter, values));
  for (const value of fragment.values) values.add(value);
  return [
    ...fragment.errorFree.map((sql) => ({ sql, kind: "errorFree" }) as const),
    ...fragment.prefilters.map((sql) => ({ sql, kind: "prefilter" }) as const),
    ...fragment.fallible.map((sql) => ({ sql, kind: "fallible" }) as const),
  ];
}

function sqlContext(
  { columns, unaccent }: FilterContext,
  { system }: Cql2Filter,
  values: BoundValues,
): SqlContext {
  return {
    properties: columns,
    firstParameter: values.all().length + 1,
    filterSrid: system?.srid ?? 4326,
    filterAxisOrder: system?.northFirst ? "north-east" : "east-north",
    filterGeographic: isGeographic(system),
    functions: { unaccent },
  };
}

function isGeographic(system: OfferedSystem | undefined): boolean {
  return system === undefined || system.kind === "crs84" || system.kind === "geographic";
}

function columnOf({ property, column }: BoundProperty): PropertyColumn {
  const items = property.type === "array" ? itemsOf(column) : undefined;
  return {
    column: column.name,
    // An array that is stored as JSON has no operators of an array.
    type: property.type === "array" && items === undefined ? "json" : property.type,
    ...(items === undefined ? {} : { items }),
    ...(property.type === "string" && column.category !== "S" ? { asText: true } : {}),
    comparisonNeverFails: hasErrorFreeComparison(column) || STRING_ARRAYS.has(column.type),
  };
}

const ITEMS: Readonly<Record<string, NonNullable<PropertyColumn["items"]>>> = {
  _text: "string",
  _varchar: "string",
  _bpchar: "string",
  _int2: "integer",
  _int4: "integer",
  _int8: "integer",
  _float4: "number",
  _float8: "number",
  _numeric: "number",
  _bool: "boolean",
  _date: "date",
  _timestamp: "datetime",
  _timestamptz: "datetime",
  _uuid: "uuid",
};

/** Arrays that are compared as they are; others are cast first, item by item. */
const STRING_ARRAYS: ReadonlySet<string> = new Set(["_text", "_varchar"]);

/** What the items of an array column are; undefined for what has no operators of an array. */
export function itemsOf({ type }: CatalogColumn): PropertyColumn["items"] {
  return ITEMS[type];
}
