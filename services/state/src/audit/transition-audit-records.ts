import type { Deployment } from "@honua/contracts";
import type { AuditRecord } from "./audit-entry.ts";

/** The actions of states that change the served release or end the attempt. */
const AUDITED_ACTIONS: Partial<Record<Deployment["state"], string>> = {
  Applying: "deployment.apply",
  Completed: "deployment.complete",
  Failed: "deployment.fail",
  RollingBack: "deployment.roll-back",
  RolledBack: "deployment.rolled-back",
};

/**
 * The audit records of a transition: the policy decision on a new plan, and each step that changes the
 * served release. The other steps are only in the state history of the deployment.
 */
export function transitionAuditRecords(before: Deployment, after: Deployment): AuditRecord[] {
  const base = {
    environment: after.environment,
    actor: after.stateHistory.at(-1)?.actor ?? "system:state",
    target: after.id,
    outcome: "done" as const,
  };
  const records: AuditRecord[] = [];
  const { plan } = after;
  if (plan && plan.planDigest !== before.plan?.planDigest) {
    records.push({
      ...base,
      action: "policy.decide",
      detail: {
        commit: after.commit.id,
        planDigest: plan.planDigest,
        riskLevel: plan.riskLevel,
        hasBreakingChanges: plan.hasBreakingChanges,
        ...plan.decision,
      },
    });
  }
  const action = AUDITED_ACTIONS[after.state];
  if (action) records.push({ ...base, action, detail: auditDetail(after) });
  return records;
}

function auditDetail(after: Deployment): Record<string, unknown> {
  const { commit, release, reason, errorMessage, windowOverride, state } = after;
  const isUnsuccessful = state === "Failed" || state === "RolledBack" || state === "RollingBack";
  return {
    commit: commit.id,
    release: state === "RolledBack" ? after.previousRelease : release,
    initiatedBy: after.initiatedBy,
    trigger: after.trigger,
    ...(after.restores ? { restores: after.restores } : {}),
    ...(state === "Applying" && windowOverride ? { windowOverride } : {}),
    ...(isUnsuccessful ? { reason, errorMessage } : {}),
  };
}
