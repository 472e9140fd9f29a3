import type { DeploymentPolicy, Plan } from "@honua/contracts";
import { compareRisk } from "./risk-order.ts";
import { approvalThreshold } from "./stricter-policy.ts";

/** What a policy judges a plan by. */
export type PlanFacts = Pick<Plan, "riskLevel" | "hasBreakingChanges">;

/** The policies that judge a plan; the repository's is that of the deployed commit. */
export interface Policies {
  readonly server: DeploymentPolicy;
  readonly repository?: DeploymentPolicy | undefined;
}

/** Decides whether a plan may be deployed and whether people must agree, and says by which rule. */
export function decide(facts: PlanFacts, policies: Policies): Plan["decision"] {
  const named = [
    { name: "server policy", policy: policies.server },
    ...(policies.repository ? [{ name: "repository policy", policy: policies.repository }] : []),
  ];
  const demands = named.flatMap(({ name, policy }) => {
    const rule = approvalRule(facts, policy);
    return rule === undefined ? [] : [`${name}: ${rule}`];
  });
  const refusals = facts.hasBreakingChanges
    ? named.filter(({ policy }) => !policy.allowBreakingChanges)
    : [];

  const rules = [
    ...refusals.map(
      ({ name }) => `${name}: allowBreakingChanges is false and the plan breaks clients`,
    ),
    ...demands,
  ];
  return {
    requiresApproval: demands.length > 0,
    rule: rules.length > 0 ? rules.join("; ") : noRule(facts, named),
    allowed: refusals.length === 0,
  };
}

function approvalRule(facts: PlanFacts, policy: DeploymentPolicy): string | undefined {
  const threshold = approvalThreshold(policy);
  if (threshold === undefined || compareRisk(facts.riskLevel, threshold) < 0) return undefined;
  return policy.minimumRiskLevelForApproval === undefined
    ? "requiresApproval is true"
    : `risk ${facts.riskLevel} reaches minimumRiskLevelForApproval ${threshold}`;
}

function noRule(
  facts: PlanFacts,
  named: readonly { name: string; policy: DeploymentPolicy }[],
): string {
  const below = named.find(({ policy }) => approvalThreshold(policy) !== undefined);
  return below === undefined
    ? `${named.map(({ name }) => name).join(" and ")}: requiresApproval is false`
    : `${below.name}: risk ${facts.riskLevel} is below minimumRiskLevelForApproval ${approvalThreshold(below.policy)}`;
}
