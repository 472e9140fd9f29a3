import type { DeploymentPolicy } from "@honua/contracts";

/**
 * The policy of an environment without one: no approval, and automatic rollback after a failure.
 */
export const DEFAULT_POLICY: DeploymentPolicy = {
  requiresApproval: false,
  allowBreakingChanges: true,
  autoRollback: true,
  approvalTimeoutSeconds: 24 * 60 * 60,
};
