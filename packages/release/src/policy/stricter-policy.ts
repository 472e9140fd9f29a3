import type { DeploymentPolicy, RiskLevel } from "@honua/contracts";
import { compareRisk } from "./risk-order.ts";
import { stricterApprovals } from "./stricter-approvals.ts";

/**
 * Combines the policy of the server, which is the minimum, with the policy of the repository:
 *
 * - approval from the lower of both risk levels;
 * - breaking changes and automatic rollback only if both allow them;
 * - the shorter approval timeout, the longer cooldown and the shorter pending age;
 * - all rules, all blackout periods, and the approvals of `stricterApprovals`;
 * - a deployment window of each policy must be open.
 *
 * @param repository the policy of the deployed commit; undefined if it has none
 */
export function stricterPolicy(
  floor: DeploymentPolicy,
  repository: DeploymentPolicy | undefined,
): DeploymentPolicy {
  if (repository === undefined) return floor;
  const approvals = stricterApprovals(floor.approvals, repository.approvals);
  const rules = [...(floor.rules ?? []), ...(repository.rules ?? [])];
  return {
    ...stricterApproval(floor, repository),
    allowBreakingChanges: floor.allowBreakingChanges && repository.allowBreakingChanges,
    autoRollback: floor.autoRollback && repository.autoRollback,
    approvalTimeoutSeconds: Math.min(
      floor.approvalTimeoutSeconds,
      repository.approvalTimeoutSeconds,
    ),
    ...(approvals && { approvals }),
    ...(rules.length > 0 && { rules }),
    ...stricterTiming(floor, repository),
  };
}

/** The lowest risk that needs approval by a policy. `Low` means always, undefined means never. */
export function approvalThreshold(policy: DeploymentPolicy): RiskLevel | undefined {
  return policy.minimumRiskLevelForApproval ?? (policy.requiresApproval ? "Low" : undefined);
}

type Approval = Pick<DeploymentPolicy, "requiresApproval" | "minimumRiskLevelForApproval">;

function stricterApproval(floor: DeploymentPolicy, repository: DeploymentPolicy): Approval {
  const thresholds = [approvalThreshold(floor), approvalThreshold(repository)];
  const [lowest] = thresholds.filter((risk) => risk !== undefined).sort(compareRisk);
  if (lowest === undefined) return { requiresApproval: false };
  if (lowest === "Low") return { requiresApproval: true };
  return { requiresApproval: true, minimumRiskLevelForApproval: lowest };
}

type Timing = Pick<
  DeploymentPolicy,
  | "deploymentWindows"
  | "furtherWindows"
  | "blackoutPeriods"
  | "cooldownSeconds"
  | "maxPendingAgeSeconds"
>;

/** Keys that neither policy has stay absent, because the digest of a plan includes the policy. */
function stricterTiming(floor: DeploymentPolicy, repository: DeploymentPolicy): Timing {
  const [first, second] = [floor.deploymentWindows, repository.deploymentWindows].filter(
    (windows) => windows !== undefined,
  );
  const blackouts = [...(floor.blackoutPeriods ?? []), ...(repository.blackoutPeriods ?? [])];
  const cooldown = Math.max(floor.cooldownSeconds ?? 0, repository.cooldownSeconds ?? 0);
  const age = Math.min(
    floor.maxPendingAgeSeconds ?? Number.POSITIVE_INFINITY,
    repository.maxPendingAgeSeconds ?? Number.POSITIVE_INFINITY,
  );
  return {
    ...(first && { deploymentWindows: first }),
    ...(second && { furtherWindows: second }),
    ...(blackouts.length > 0 && { blackoutPeriods: blackouts }),
    ...(cooldown > 0 && { cooldownSeconds: cooldown }),
    ...(Number.isFinite(age) && { maxPendingAgeSeconds: age }),
  };
}
