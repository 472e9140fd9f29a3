import {
  type CommitInfo,
  type DeploymentPolicy,
  type MatchedRule,
  type Plan,
  startingRules,
} from "@honua/contracts";
import { compareRisk } from "./risk-order.ts";
import { evaluateRules } from "./rules/evaluate-rules.ts";
import type { RuleFacts } from "./rules/rule-variables.ts";
import { stricterApprovals } from "./stricter-approvals.ts";
import { approvalThreshold, stricterPolicy } from "./stricter-policy.ts";

/** The input of a policy. */
export interface PlanFacts {
  readonly plan: RuleFacts["plan"];
  readonly commit?: CommitInfo | undefined;
}

/**
 * The policies that apply to a plan. The policy of the repository is that of the deployed commit.
 */
export interface Policies {
  readonly server: DeploymentPolicy;
  readonly repository?: DeploymentPolicy | undefined;
}

type NamedPolicy = { readonly name: MatchedRule["policy"]; readonly policy: DeploymentPolicy };

/**
 * Evaluates the policies for a plan: whether it may be deployed, and whether it needs approval. One
 * matching rule of one policy is enough. The result lists all rules that match.
 */
export function evaluatePolicy(facts: PlanFacts, policies: Policies): Plan["decision"] {
  const { server, repository } = policies;
  const named: NamedPolicy[] = [
    { name: "server", policy: server },
    ...(repository ? [{ name: "repository" as const, policy: repository }] : []),
  ];
  const refusals = named.flatMap((one) => refusalsOf(facts, one));
  const approvalRules = named.flatMap((one) => approvalRulesOf(facts, one));
  const matched = [...refusals, ...approvalRules];
  const approvals = stricterApprovals(server.approvals, repository?.approvals);
  const starting = startingRules.parse(stricterPolicy(server, repository));
  return {
    requiresApproval: approvalRules.length > 0,
    rule:
      matched.length > 0 ? matched.map(describeMatch).join("; ") : describeNoMatch(facts, named),
    allowed: refusals.length === 0,
    matched,
    ...(approvalRules.length > 0 && { approvals: approvals ?? { required: 1 } }),
    ...(Object.keys(starting).length > 0 && { starting }),
  };
}

function refusalsOf({ plan }: PlanFacts, { name, policy }: NamedPolicy): MatchedRule[] {
  if (!plan.hasBreakingChanges || policy.allowBreakingChanges) return [];
  const reason = "allowBreakingChanges is false and the plan has breaking changes";
  return [{ policy: name, rule: "allowBreakingChanges", effect: "refusal", reason }];
}

function approvalRulesOf(facts: PlanFacts, named: NamedPolicy): MatchedRule[] {
  return [...matchedThreshold(facts, named), ...matchedRules(facts, named)];
}

function matchedThreshold({ plan }: PlanFacts, { name, policy }: NamedPolicy): MatchedRule[] {
  const threshold = approvalThreshold(policy);
  if (threshold === undefined || compareRisk(plan.riskLevel, threshold) < 0) return [];
  const always = policy.minimumRiskLevelForApproval === undefined;
  return [
    {
      policy: name,
      rule: always ? "requiresApproval" : "minimumRiskLevelForApproval",
      effect: "approval",
      reason: always
        ? "requiresApproval is true"
        : `risk ${plan.riskLevel} reaches minimumRiskLevelForApproval ${threshold}`,
    },
  ];
}

function matchedRules({ plan, commit }: PlanFacts, { name, policy }: NamedPolicy): MatchedRule[] {
  const facts = { plan, commit, environment: plan.environment };
  return evaluateRules(policy.rules ?? [], facts).map(({ rule, failure }) => ({
    policy: name,
    rule: rule.name,
    effect: "approval",
    reason:
      failure === undefined
        ? `rule '${rule.name}'${rule.reason ? ` (${rule.reason})` : ""}`
        : `rule '${rule.name}' could not be evaluated, so approval is required: ${failure}`,
    ...(failure !== undefined && { failed: true }),
  }));
}

function describeMatch({ policy, reason }: MatchedRule): string {
  return `${policy} policy: ${reason}`;
}

function describeNoMatch({ plan }: PlanFacts, named: readonly NamedPolicy[]): string {
  const below = named.find(({ policy }) => approvalThreshold(policy) !== undefined);
  return below === undefined
    ? `${named.map(({ name }) => `${name} policy`).join(" and ")}: requiresApproval is false`
    : `${below.name} policy: risk ${plan.riskLevel} is below minimumRiskLevelForApproval ${approvalThreshold(below.policy)}`;
}
