import {
  approvalProgress,
  type Decision,
  type Deployment,
  ERROR_CODES,
  subjectKey,
} from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { approverRefusal } from "./approver-refusal.ts";

/** A decision that somebody wants to take, and by which further names they are known. */
export interface ProposedDecision extends Omit<Decision, "at"> {
  identities: readonly string[];
}

/** Why a decision on this deployment cannot be taken now, or undefined when it can. */
export function decisionRefusal(
  deployment: Deployment,
  decision: ProposedDecision,
  now: Date,
): PermanentError | undefined {
  const { id, state, reason, plan, approvalExpiresAt } = deployment;
  const data = { state, version: deployment.version };
  if (state !== "AwaitingApproval") {
    return new PermanentError(
      ERROR_CODES.notAwaitingApproval,
      `${id} is not awaiting approval: it is ${state}${reason ? ` (${reason})` : ""}`,
      { data },
    );
  }
  const progress = approvalProgress(deployment);
  if (progress.isComplete) {
    const people = progress.approvedBy.join(" and ");
    return new PermanentError(
      ERROR_CODES.alreadyDecided,
      `${id} was already approved by ${people}`,
      {
        data,
      },
    );
  }
  if (approvalExpiresAt !== null && Date.parse(approvalExpiresAt) <= now.getTime()) {
    return new PermanentError(
      ERROR_CODES.notAwaitingApproval,
      `${id} is not awaiting approval any more: the time for it expired at ${approvalExpiresAt}`,
      { data: { ...data, approvalExpiresAt } },
    );
  }
  if (plan?.planDigest !== decision.planDigest) {
    return new PermanentError(
      ERROR_CODES.planChanged,
      `the plan of ${id} is not the one that was read; read it again before deciding`,
      { data: { ...data, planDigest: plan?.planDigest } },
    );
  }
  if (decision.outcome === "rejected") return undefined;
  return approverRefusal(deployment, decision) ?? repetitionRefusal(deployment, decision);
}

/** Approving twice would not make two people of one. */
function repetitionRefusal(
  deployment: Deployment,
  { subject }: ProposedDecision,
): PermanentError | undefined {
  const earlier = deployment.decisions.find(
    (one) => subjectKey(one.subject) === subjectKey(subject),
  );
  if (!earlier) return undefined;
  const { approvedBy, required } = approvalProgress(deployment);
  return new PermanentError(
    ERROR_CODES.alreadyDecided,
    `${deployment.id} was already approved by ${subject} at ${earlier.at}; it has ${approvedBy.length} of ${required} approvals`,
    { data: { state: deployment.state, version: deployment.version } },
  );
}
