import { type BooleanExpression, type SqlContext, toSplitSql, toSql } from "@honua/cql2";
import type { BoundValues } from "@honua/pg-raw";
import type { FilterContext } from "../layer/filter-context.ts";
import type { OfferedSystem } from "../layer/offered-systems.ts";
import type { Condition } from "./condition.ts";

/** A filter of a request: its syntax tree and the reference system of its coordinates. */
export interface Cql2Filter {
  expression: BooleanExpression;
  /** CRS84 when absent. */
  system?: OfferedSystem;
}

/**
 * The SQL condition of a filter (OGC API Features Part 3, CQL2). Every value is bound.
 *
 * @throws Cql2Error for an unknown property, or for values that cannot be compared
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
 * The SQL conditions of a filter, each with its kind.
 *
 * @param options.isFenced false: return one condition, because the statement has no fence
 * @throws Cql2Error for an unknown property, or for values that cannot be compared
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
