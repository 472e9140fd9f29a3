export { canonicalJson } from "./canonical-json.ts";
export { type CompileResult, compileBundle } from "./compile/compile-bundle.ts";
export { policyOfSource } from "./compile/compile-policy.ts";
export { DEFAULT_LIMIT, DEFAULT_MAX_LIMIT } from "./compile/compile-settings.ts";
export { configurationPaths } from "./compile/configuration-files.ts";
export { holdsLiteralPassword, maskPasswords } from "./connection-string.ts";
export { bundleDigest, sha256Hex } from "./digest.ts";
export { formatProblem, formatProblems } from "./format-problem.ts";
export { formatPlan } from "./plan/format-plan.ts";
export { limitPlanSize } from "./plan/limit-plan-size.ts";
export {
  type CommittedRelease,
  diffReleases,
  type PlanInput,
  planRelease,
} from "./plan/plan-release.ts";
export { planRisk } from "./plan/risk.ts";
export { DEFAULT_POLICY } from "./policy/default-policy.ts";
export { describeApprovals } from "./policy/describe-approvals.ts";
export { evaluatePolicy, type PlanFacts, type Policies } from "./policy/evaluate-policy.ts";
export { compareRisk, highestRisk } from "./policy/risk-order.ts";
export { RULE_BUDGET } from "./policy/rules/evaluate-rules.ts";
export { type DeploymentStart, deploymentStart } from "./policy/start-time.ts";
export { approvalThreshold, stricterPolicy } from "./policy/stricter-policy.ts";
export { closureAt, nextOpening } from "./policy/windows.ts";
export { isTimeZone } from "./policy/zone-clock.ts";
export { parseDuration } from "./source/duration.ts";
export type { Position } from "./source/line-index.ts";
export { type EnvironmentPolicySource, environmentPolicySource } from "./source/policy-source.ts";
export { formatTableName, parseTableName, type TableName } from "./source/table-name.ts";
