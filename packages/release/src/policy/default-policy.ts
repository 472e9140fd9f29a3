import type { DeploymentPolicy } from "@honua/contracts";

/** The policy where nobody wrote one: nothing needs approval, what fails is rolled back. */
export const DEFAULT_POLICY: DeploymentPolicy = {
  requiresApproval: false,
  allowBreakingChanges: true,
  autoRollback: true,
  approvalTimeoutSeconds: 24 * 60 * 60,
};
