import {
  type Approval,
  approvalProgress,
  type Deployment,
  type PendingApproval,
  pendingApproval,
} from "@honua/contracts";

/** The approval status of a deployment. */
export function approvalOf(deployment: Deployment): Approval {
  const { commit, plan: planned } = deployment;
  const { required, approvedBy } = approvalProgress(deployment);
  return {
    deploymentId: deployment.id,
    environment: deployment.environment,
    commit: commit.id,
    author: `${commit.author.name} <${commit.author.email}>`,
    message: commit.message,
    state: deployment.state,
    reason: deployment.reason,
    decisions: deployment.decisions,
    riskLevel: planned?.riskLevel ?? null,
    planDigest: planned?.planDigest ?? null,
    requestedAt: deployment.stateHistory.find(({ to }) => to === "AwaitingApproval")?.at ?? null,
    expiresAt: deployment.approvalExpiresAt,
    progress: { required, given: approvedBy.length, approvedBy: [...approvedBy] },
    plan: planned,
  };
}

/** An item of the list of pending approvals; undefined if the deployment needs no decision any more. */
export function pendingApprovalOf(deployment: Deployment): PendingApproval | undefined {
  if (deployment.state !== "AwaitingApproval") return undefined;
  if (approvalProgress(deployment).isComplete) return undefined;
  const parsed = pendingApproval.safeParse(approvalOf(deployment));
  return parsed.success ? parsed.data : undefined;
}
