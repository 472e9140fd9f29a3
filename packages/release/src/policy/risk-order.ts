import { RISK_LEVELS, type RiskLevel } from "@honua/contracts";

/** Compares two risks, from Low to Critical. Negative if `a` is below `b`. */
export function compareRisk(a: RiskLevel, b: RiskLevel): number {
  return RISK_LEVELS.indexOf(a) - RISK_LEVELS.indexOf(b);
}

/** The highest risk. Low if there are none. */
export function highestRisk(risks: Iterable<RiskLevel>): RiskLevel {
  let highest: RiskLevel = "Low";
  for (const risk of risks) if (compareRisk(risk, highest) > 0) highest = risk;
  return highest;
}
