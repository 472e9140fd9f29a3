import type { Plan, PlanChange } from "@honua/contracts";
import { canonicalJson } from "../canonical-json.ts";
import { sha256Hex } from "../digest.ts";
import { compareRisk } from "../policy/risk-order.ts";

/** Characters of JSON that the lists of a plan may take in a message, a small part of its limit. */
export const PLAN_LIMIT = 256 * 1024;

/**
 * A plan that fits into a message. Of one that is larger, the riskiest changes stay, and the whole is
 * a document of its own: thousands of layers change in one commit when a service is renamed.
 *
 * @param limit characters of JSON, shared by the changes and the lost collections
 */
export function boundedPlan(
  whole: Plan,
  limit: number = PLAN_LIMIT,
): { plan: Plan; document?: string } {
  if (sizeOf(whole.changes) + sizeOf(whole.unavailable) <= limit) return { plan: whole };
  const riskiest = whole.changes.toSorted((a, b) => compareRisk(b.risk, a.risk));
  const changes = fitting(riskiest.map(withoutBulk(limit / 8)), limit / 2);
  const unavailable = fitting(whole.unavailable, limit / 2);
  const document = canonicalJson(whole);
  const omitted = {
    changes: whole.changes.length - changes.length,
    unavailable: whole.unavailable.length - unavailable.length,
    document: sha256Hex(document),
  };
  return { plan: { ...whole, changes, unavailable, omitted }, document };
}

/** The change without its values when they alone would fill the plan. */
function withoutBulk(limit: number): (change: PlanChange) => PlanChange {
  return (change) => {
    if (sizeOf(change) <= limit) return change;
    const { before: _before, after: _after, reason, ...rest } = change;
    return { ...rest, reason: reason.length > limit / 2 ? `${reason.slice(0, 500)}…` : reason };
  };
}

/** The items from the first on that fit. */
function fitting<Item>(items: readonly Item[], limit: number): Item[] {
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
