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

/** What a policy judges. */
export interface PlanFacts {
  readonly plan: RuleFacts["plan"];
  readonly commit?: CommitInfo | undefined;
}

/** The policies that judge a plan; the repository's is that of the deployed commit. */
export interface Policies {
  readonly server: DeploymentPolicy;
  readonly repository?: DeploymentPolicy | undefined;
}

type NamedPolicy = { readonly name: MatchedRule["policy"]; readonly policy: DeploymentPolicy };

/**
 * Decides whether a plan may be deployed and whether people must agree: one rule of one policy is
 * enough. Says which rules spoke, all of them.
 */
export function decide(facts: PlanFacts, policies: Policies): Plan["decision"] {
  const { server, repository } = policies;
  const named: NamedPolicy[] = [
    { name: "server", policy: server },
    ...(repository ? [{ name: "repository" as const, policy: repository }] : []),
  ];
  const refusals = named.flatMap((one) => refusalOf(facts, one));
  const demands = named.flatMap((one) => demandsOf(facts, one));
  const matched = [...refusals, ...demands];
  const approvals = stricterApprovals(server.approvals, repository?.approvals);
  const starting = startingRules.parse(stricterPolicy(server, repository));
  return {
    requiresApproval: demands.length > 0,
    rule: matched.length > 0 ? matched.map(inWords).join("; ") : noRule(facts, named),
    allowed: refusals.length === 0,
    matched,
    ...(demands.length > 0 && { approvals: approvals ?? { required: 1 } }),
    ...(Object.keys(starting).length > 0 && { starting }),
  };
}

function refusalOf({ plan }: PlanFacts, { name, policy }: NamedPolicy): MatchedRule[] {
  if (!plan.hasBreakingChanges || policy.allowBreakingChanges) return [];
  const reason = "allowBreakingChanges is false and the plan breaks clients";
  return [{ policy: name, rule: "allowBreakingChanges", effect: "refusal", reason }];
}

function demandsOf(facts: PlanFacts, named: NamedPolicy): MatchedRule[] {
  return [...thresholdDemand(facts, named), ...ruleDemands(facts, named)];
}

function thresholdDemand({ plan }: PlanFacts, { name, policy }: NamedPolicy): MatchedRule[] {
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

function ruleDemands({ plan, commit }: PlanFacts, { name, policy }: NamedPolicy): MatchedRule[] {
  const facts = { plan, commit, environment: plan.environment };
  return evaluateRules(policy.rules ?? [], facts).map(({ rule, failure }) => ({
    policy: name,
    rule: rule.name,
    effect: "approval",
    reason:
      failure === undefined
        ? `rule '${rule.name}'${rule.reason ? ` (${rule.reason})` : ""}`
        : `rule '${rule.name}' could not be evaluated, so people must decide: ${failure}`,
    ...(failure !== undefined && { failed: true }),
  }));
}

function inWords({ policy, reason }: MatchedRule): string {
  return `${policy} policy: ${reason}`;
}

function noRule({ plan }: PlanFacts, named: readonly NamedPolicy[]): string {
  const below = named.find(({ policy }) => approvalThreshold(policy) !== undefined);
  return below === undefined
    ? `${named.map(({ name }) => `${name} policy`).join(" and ")}: requiresApproval is false`
    : `${below.name} policy: risk ${plan.riskLevel} is below minimumRiskLevelForApproval ${approvalThreshold(below.policy)}`;
}
