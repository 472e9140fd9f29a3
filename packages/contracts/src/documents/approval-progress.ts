import type { Decision, Deployment } from "./deployment.ts";

/** How far the approval of a plan has got. */
export interface ApprovalProgress {
  /** So many different people must approve. */
  required: number;
  /** Those who approved exactly this plan, in their order. */
  approvedBy: readonly string[];
  isComplete: boolean;
}

/** Counts the people who approved the present plan; each counts once. */
export function approvalProgress({
  plan,
  decisions,
}: Pick<Deployment, "plan" | "decisions">): ApprovalProgress {
  const required = plan?.decision.approvals?.required ?? 1;
  const counts = ({ outcome, planDigest }: Decision) =>
    outcome === "approved" && planDigest === plan?.planDigest;
  const people = new Map<string, string>();
  for (const { subject } of decisions.filter(counts)) {
    const key = subjectKey(subject);
    if (!people.has(key)) people.set(key, subject);
  }
  const approvedBy = [...people.values()];
  return { required, approvedBy, isComplete: approvedBy.length >= required };
}

/** By what two subjects are the same: identity providers and Git disagree about case. */
export function subjectKey(subject: string): string {
  return subject.trim().toLowerCase();
}
