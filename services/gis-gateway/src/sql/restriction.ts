import type { BoundValues } from "@honua/pg-raw";
import type { BoundLayer, LayerRestriction } from "../layer/bound-layer.ts";
import type { Condition } from "./condition.ts";
import { cql2Condition, cql2Conditions } from "./cql2-filter.ts";

/**
 * The condition of the layer's own `filter`; empty for a layer without one. Every statement that
 * reads the layer's features combines it with the conditions of the client by `and`.
 */
export function restrictionConditions(
  { restriction: own }: Pick<BoundLayer, "restriction">,
  values: BoundValues,
): string[] {
  return own ? [cql2Condition(own.context, { expression: own.expression }, values)] : [];
}

/** The conditions of a layer's own `filter`, each with its kind. */
export function splitRestrictionConditions(
  { context, expression }: LayerRestriction,
  values: BoundValues,
): Condition[] {
  return cql2Conditions(context, { expression }, values, { isFenced: true });
}
