import { type Decision, recordDeniedDecision } from "@honua/contracts";
import { type Bus, HttpProblem, type Log, messageOf, type Principal } from "@honua/service-kit";

/**
 * Records a denied decision in the audit trail of state. If state does not respond, the denial is only
 * logged, because the request is denied either way.
 */
export async function recordDenial(
  deps: { bus: () => Bus; log: Log },
  attempt: {
    deploymentId: string;
    principal: Principal | undefined;
    approver: string | undefined;
    choice: Decision["outcome"];
    error: unknown;
  },
): Promise<void> {
  const { deploymentId, principal, approver, choice, error } = attempt;
  // Without a valid token there is no subject to record. State records every other refusal itself.
  if (!principal || !(error instanceof HttpProblem) || error.status !== 403) return;
  const { subject: recordedBy } = principal;
  try {
    await deps.bus().call(recordDeniedDecision, {
      deploymentId: deploymentId.slice(0, 200),
      subject: (approver ?? recordedBy).slice(0, 500),
      recordedBy: recordedBy.slice(0, 500),
      choice,
      message: error.message.slice(0, 2_000),
    });
  } catch (cause) {
    deps.log.warn(
      { err: cause, deploymentId, subject: recordedBy },
      `Could not record a denied decision: ${messageOf(cause)}`,
    );
  }
}
