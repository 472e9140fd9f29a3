import type { Decision, Deployment } from "./deployment.ts";

/** Progress of the approval of a plan. */
export interface ApprovalProgress {
  /** Number of different approvers that must approve. */
  required: number;
  /** Approvers of exactly this plan, in the order of their decisions. */
  approvedBy: readonly string[];
  isComplete: boolean;
}

/** Counts the approvers of the current plan. Each approver counts once. */
export function approvalProgress({
  plan,
  decisions,
}: Pick<Deployment, "plan" | "decisions">): ApprovalProgress {
  const required = plan?.decision.approvals?.required ?? 1;
  const counts = ({ outcome, planDigest }: Decision) =>
    outcome === "approved" && planDigest === plan?.planDigest;
  const approvers = new Map<string, string>();
  for (const { subject } of decisions.filter(counts)) {
    const key = subjectKey(subject);
    if (!approvers.has(key)) approvers.set(key, subject);
  }
  const approvedBy = [...approvers.values()];
  return { required, approvedBy, isComplete: approvedBy.length >= required };
}

/** Normalizes a subject for comparison, because identity providers and Git differ in letter case. */
export function subjectKey(subject: string): string {
  return subject.trim().toLowerCase();
}
