import type { DeploymentPolicy, RiskLevel } from "@honua/contracts";
import { compareRisk } from "./risk-order.ts";
import { stricterApprovals } from "./stricter-approvals.ts";

/**
 * The policy that holds when the server sets a floor and the repository has a policy of its own:
 * approval from the lower risk up, breaking changes and automatic rollback only where both allow
 * them, and the shorter time to decide; every rule counts, and approvals as `stricterApprovals` says;
 * a window of each must be open, every blackout counts, and the longer cooldown and the shorter
 * pending age do.
 *
 * @param repository the policy of the deployed commit; absent when it has none
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

/** The risk from which a policy wants people to decide: `Low` means always, undefined never. */
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

/** Keys that neither policy has stay absent: the digest of a plan depends on the policy. */
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
