import type { Deployment } from "@honua/contracts";
import type { AuditRecord } from "./audit-entry.ts";

/** States whose entry changes what is served, or ends the attempt to. */
const AUDITED_ACTIONS: Partial<Record<Deployment["state"], string>> = {
  Applying: "deployment.apply",
  Completed: "deployment.complete",
  Failed: "deployment.fail",
  RollingBack: "deployment.roll-back",
  RolledBack: "deployment.rolled-back",
};

/**
 * What one transition leaves in the audit trail: what policy decided about a plan, and each step that
 * changes what is served. The steps in between are in the deployment's own history.
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
  const ended = state === "Failed" || state === "RolledBack" || state === "RollingBack";
  return {
    commit: commit.id,
    release: state === "RolledBack" ? after.previousRelease : release,
    initiatedBy: after.initiatedBy,
    trigger: after.trigger,
    ...(after.restores ? { restores: after.restores } : {}),
    ...(state === "Applying" && windowOverride ? { windowOverride } : {}),
    ...(ended ? { reason, errorMessage } : {}),
  };
}
