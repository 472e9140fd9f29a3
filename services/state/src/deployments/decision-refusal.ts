import { type Decision, type Deployment, ERROR_CODES } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";

/** Why a decision on this deployment cannot be taken now, or undefined when it can. */
export function decisionRefusal(
  deployment: Deployment,
  decision: Pick<Decision, "planDigest">,
  now: Date,
): PermanentError | undefined {
  const { id, state, reason, plan, decisions, approvalExpiresAt } = deployment;
  const data = { state, version: deployment.version };
  if (state !== "AwaitingApproval") {
    return new PermanentError(
      ERROR_CODES.notAwaitingApproval,
      `${id} is not awaiting approval: it is ${state}${reason ? ` (${reason})` : ""}`,
      { data },
    );
  }
  const earlier = decisions.at(-1);
  if (earlier) {
    return new PermanentError(
      ERROR_CODES.alreadyDecided,
      `${id} was already ${earlier.outcome} by ${earlier.subject} at ${earlier.at}`,
      { data },
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
  return undefined;
}
