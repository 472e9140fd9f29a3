import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { Condition } from "./condition.ts";
import { restrictionConditions, splitRestrictionConditions } from "./restriction.ts";

/**
 * Joins the conditions of a request with the layer's own `filter`, for a statement that reads the
 * layer's rows.
 *
 * A client must not learn anything about a row that the layer's filter hides. PostgreSQL evaluates
 * conditions in any order, so that a client's condition could raise an error on a hidden row and
 * reveal its values. Fallible conditions are therefore evaluated inside a `case`, the only
 * construct whose evaluation order PostgreSQL guarantees, and only on rows that the layer's filter
 * and the error-free conditions select. A subquery with `offset 0` would be a fence too, but it
 * hides the order of the key's index from the enclosing page query, and each page would sort all
 * rows of the layer.
 *
 * Error-free conditions stay outside the `case`, where indexes serve them. A layer without a filter
 * needs no fence.
 *
 * @param conditions contain prefilters only if the layer has a filter
 */
export function fencedConditions(
  bound: Pick<BoundLayer, "restriction">,
  conditions: readonly Condition[],
  values: BoundValues,
): string[] {
  const fallible = sqlOf(conditions, "fallible");
  if (!bound.restriction || fallible.length === 0) {
    return [...restrictionConditions(bound, values), ...conditions.map(({ sql }) => sql)];
  }
  // The expensive part of the layer's filter is inside the fence only, and is evaluated once.
  const own = splitRestrictionConditions(bound.restriction, values);
  const errorFree = sqlOf(conditions, "errorFree");
  const visible = [...sqlOf(own, "errorFree"), ...errorFree, ...sqlOf(own, "fallible")];
  // `and` evaluates its right side after a null, unlike a `where` clause: `is true` prevents that.
  const inside = fallible.map((sql) => `(${sql}) is true`).join(" and ");
  return [
    ...sqlOf(own, "errorFree", "prefilter"),
    ...errorFree,
    ...sqlOf(conditions, "prefilter"),
    `case when ${visible.join(" and ")} then ${inside} else false end`,
  ];
}

function sqlOf(conditions: readonly Condition[], ...kinds: readonly Condition["kind"][]): string[] {
  return conditions.filter(({ kind }) => kinds.includes(kind)).map(({ sql }) => sql);
}
