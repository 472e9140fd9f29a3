import type { PlanChange, RiskLevel } from "@honua/contracts";
import { highestRisk } from "../policy/risk-order.ts";

/** More changes than this are never Low, because a reviewer cannot check them all. */
const MANY_CHANGES = 10;

/**
 * The risk of a plan: the highest risk of its changes, and at least Medium for more than 10
 * changes.
 */
export function planRisk(changes: readonly Pick<PlanChange, "risk">[]): RiskLevel {
  const highest = highestRisk(changes.map(({ risk }) => risk));
  return highest === "Low" && changes.length > MANY_CHANGES ? "Medium" : highest;
}
