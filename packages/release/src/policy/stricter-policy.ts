import type { DeploymentPolicy, RiskLevel } from "@honua/contracts";
import { compareRisk } from "./risk-order.ts";

/**
 * The policy that holds when the server sets a floor and the repository has a policy of its own:
 * approval from the lower risk up, breaking changes and automatic rollback only where both allow
 * them, and the shorter time to decide.
 *
 * @param repository the policy of the deployed commit; absent when it has none
 */
export function stricterPolicy(
  floor: DeploymentPolicy,
  repository: DeploymentPolicy | undefined,
): DeploymentPolicy {
  if (repository === undefined) return floor;
  return {
    ...stricterApproval(floor, repository),
    allowBreakingChanges: floor.allowBreakingChanges && repository.allowBreakingChanges,
    autoRollback: floor.autoRollback && repository.autoRollback,
    approvalTimeoutSeconds: Math.min(
      floor.approvalTimeoutSeconds,
      repository.approvalTimeoutSeconds,
    ),
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
