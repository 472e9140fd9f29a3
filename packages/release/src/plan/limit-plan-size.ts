import type { Plan, PlanChange } from "@honua/contracts";
import { canonicalJson } from "../canonical-json.ts";
import { sha256Hex } from "../digest.ts";
import { compareRisk } from "../policy/risk-order.ts";

/**
 * Maximum JSON characters of the lists of a plan in a message: a small part of the message limit.
 */
export const MAX_PLAN_CHARACTERS = 256 * 1024;

/**
 * Limits a plan to the size of a message. A larger plan keeps its riskiest changes, and the whole plan
 * becomes a separate document: a commit that renames a service changes thousands of layers.
 *
 * @param limit JSON characters of the changes and the unavailable collections together
 */
export function limitPlanSize(
  whole: Plan,
  limit: number = MAX_PLAN_CHARACTERS,
): { plan: Plan; document?: string } {
  if (sizeOf(whole.changes) + sizeOf(whole.unavailable) <= limit) return { plan: whole };
  const riskiest = whole.changes.toSorted((a, b) => compareRisk(b.risk, a.risk));
  const changes = itemsWithin(riskiest.map(withoutLargeValues(limit / 8)), limit / 2);
  const unavailable = itemsWithin(whole.unavailable, limit / 2);
  const document = canonicalJson(whole);
  const omitted = {
    changes: whole.changes.length - changes.length,
    unavailable: whole.unavailable.length - unavailable.length,
    document: sha256Hex(document),
  };
  return { plan: { ...whole, changes, unavailable, omitted }, document };
}

/** Omits the values of a change that would fill the plan alone. */
function withoutLargeValues(limit: number): (change: PlanChange) => PlanChange {
  return (change) => {
    if (sizeOf(change) <= limit) return change;
    const { before: _before, after: _after, reason, ...rest } = change;
    return { ...rest, reason: reason.length > limit / 2 ? `${reason.slice(0, 500)}…` : reason };
  };
}

/** The first items, as many as fit into the limit. */
function itemsWithin<Item>(items: readonly Item[], limit: number): Item[] {
  let size = 0;
  const end = items.findIndex((item) => {
    size += sizeOf(item);
    return size > limit;
  });
  return items.slice(0, end === -1 ? items.length : end);
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}
