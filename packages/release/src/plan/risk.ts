import type { PlanChange, RiskLevel } from "@honua/contracts";
import { highestRisk } from "../policy/risk-order.ts";

/** So many changes at once are no longer Low: nobody oversees them. */
const MANY_CHANGES = 10;

/** The risk of a plan: the highest of its changes, and at least Medium when there are more than 10. */
export function planRisk(changes: readonly Pick<PlanChange, "risk">[]): RiskLevel {
  const highest = highestRisk(changes.map(({ risk }) => risk));
  return highest === "Low" && changes.length > MANY_CHANGES ? "Medium" : highest;
}
