import { type Decision, recordDeniedDecision } from "@honua/contracts";
import { type Bus, HttpProblem, type Log, messageOf, type Principal } from "@honua/service-kit";

/**
 * Has state record that somebody tried to decide who may not. Nothing was decided whether that can be
 * recorded or not, so a state that does not answer is only told in the log.
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
  // Without a known token it is nobody's attempt; every other refusal is recorded by state itself.
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
      `A denied decision could not be recorded: ${messageOf(cause)}`,
    );
  }
}
