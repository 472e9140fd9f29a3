import { type BooleanExpression, type SqlContext, toSplitSql, toSql } from "@honua/cql2";
import type { BoundValues } from "@honua/pg-raw";
import type { FilterContext } from "../layer/filter-context.ts";
import type { OfferedSystem } from "../layer/offered-systems.ts";
import type { Condition } from "./condition.ts";

/** A filter of a request: its syntax tree, and how the coordinates in it are meant. */
export interface Cql2Filter {
  expression: BooleanExpression;
  /** CRS84 when absent. */
  system?: OfferedSystem;
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
