import type { Decision } from "@honua/contracts";
import type { AuditRecord } from "../audit/audit-entry.ts";

/** The audit record of a decision, without its outcome. */
export function decisionAuditRecord(
  deploymentId: string,
  decision: Pick<
    Decision,
    "outcome" | "subject" | "recordedBy" | "method" | "reason" | "planDigest"
  >,
): Omit<AuditRecord, "outcome"> & { detail: Record<string, unknown> } {
  const { outcome, subject, recordedBy, method, reason, planDigest } = decision;
  return {
    actor: `user:${subject}`,
    recordedBy: recordedBy === subject ? null : recordedBy,
    action: outcome === "approved" ? "deployment.approve" : "deployment.reject",
    target: deploymentId,
    detail: { method, planDigest, ...(reason === undefined ? {} : { reason }) },
  };
}
