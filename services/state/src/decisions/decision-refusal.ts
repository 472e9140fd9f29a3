import { approvalProgress, type Decision, type Deployment, subjectKey } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { approverRefusal } from "./approver-refusal.ts";

/** A decision that was requested but not recorded yet, with all identities of the approver. */
export interface ProposedDecision extends Omit<Decision, "at"> {
  identities: readonly string[];
}

/** The reason why a decision cannot be recorded now, or undefined if it can. */
export function decisionRefusal(
  deployment: Deployment,
  decision: ProposedDecision,
  now: Date,
): PermanentError | undefined {
  const { id, state, reason, plan, approvalExpiresAt } = deployment;
  const data = { state, version: deployment.version };
  if (state !== "AwaitingApproval") {
    return new PermanentError(
      "not-awaiting-approval",
      `Deployment ${id} is not awaiting approval: it is ${state}${reason ? ` (${reason})` : ""}.`,
      { data },
    );
  }
  const progress = approvalProgress(deployment);
  if (progress.isComplete) {
    const approvers = progress.approvedBy.join(" and ");
    return new PermanentError(
      "already-decided",
      `Deployment ${id} was already approved by ${approvers}.`,
      { data },
    );
  }
  if (approvalExpiresAt !== null && Date.parse(approvalExpiresAt) <= now.getTime()) {
    return new PermanentError(
      "not-awaiting-approval",
      `Deployment ${id} is no longer awaiting approval: the approval period expired at ${approvalExpiresAt}.`,
      { data: { ...data, approvalExpiresAt } },
    );
  }
  if (plan?.planDigest !== decision.planDigest) {
    return new PermanentError(
      "plan-changed",
      `The plan of deployment ${id} has changed. Read it again before you decide.`,
      { data: { ...data, planDigest: plan?.planDigest } },
    );
  }
  if (decision.outcome === "rejected") return undefined;
  return approverRefusal(deployment, decision) ?? repetitionRefusal(deployment, decision);
}

/** Refuses a second approval by the same subject. */
function repetitionRefusal(
  deployment: Deployment,
  { subject }: ProposedDecision,
): PermanentError | undefined {
  const earlierDecision = deployment.decisions.find(
    (one) => subjectKey(one.subject) === subjectKey(subject),
  );
  if (!earlierDecision) return undefined;
  const { approvedBy, required } = approvalProgress(deployment);
  return new PermanentError(
    "already-decided",
    `Deployment ${deployment.id} was already approved by ${subject} at ${earlierDecision.at}. It has ${approvedBy.length} of ${required} approvals.`,
    { data: { state: deployment.state, version: deployment.version } },
  );
}
