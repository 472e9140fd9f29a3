import type { DeploymentPolicy } from "@honua/contracts";
import { DEFAULT_POLICY } from "@honua/release";
import type { PolicySettings, ReconcilerSettings } from "./settings.ts";

/** The policy that the server's configuration sets for an environment; a repository can only be stricter. */
export function policyFloor(
  settings: ReconcilerSettings["GitOps"],
  environment: string,
): DeploymentPolicy {
  const forAll = settings.DeploymentPolicy;
  const own: PolicySettings = settings.DeploymentPolicies[environment] ?? {};
  const minimum = own.MinimumRiskLevelForApproval ?? forAll.MinimumRiskLevelForApproval;
  return {
    requiresApproval:
      own.RequiresApproval ?? forAll.RequiresApproval ?? DEFAULT_POLICY.requiresApproval,
    ...(minimum ? { minimumRiskLevelForApproval: minimum } : {}),
    allowBreakingChanges:
      own.AllowBreakingChanges ??
      forAll.AllowBreakingChanges ??
      DEFAULT_POLICY.allowBreakingChanges,
    autoRollback: own.AutoRollback ?? forAll.AutoRollback ?? DEFAULT_POLICY.autoRollback,
    approvalTimeoutSeconds:
      own.ApprovalTimeoutSeconds ??
      forAll.ApprovalTimeoutSeconds ??
      DEFAULT_POLICY.approvalTimeoutSeconds,
  };
}
