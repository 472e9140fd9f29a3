import { approvalProgress } from "@honua/contracts";
import type { Clock } from "@honua/service-kit";
import { checkPause, type StartCondition } from "./start-conditions.ts";
import { fail, next, type Step, wait } from "./step.ts";

/** AwaitingApproval: continues when enough approvers have approved this plan, and fails when it expires. */
export function createAwaitDecision({
  clock,
  checkWindow,
}: {
  clock: Clock;
  checkWindow: StartCondition;
}): Step {
  return async (context) => {
    const { deployment } = context;
    const { approvedBy, required, isComplete } = approvalProgress(deployment);
    if (isComplete) {
      return (
        (await checkPause(context)) ??
        (await checkWindow(context)) ??
        next("Applying", `Approved by ${approvedBy.join(" and ")}`)
      );
    }

    const expires = deployment.approvalExpiresAt
      ? new Date(deployment.approvalExpiresAt)
      : undefined;
    if (expires && expires <= clock.now()) {
      const given = `${approvedBy.length} of ${required} approvals`;
      return fail("ApprovalExpired", `Only ${given} were given before ${expires.toISOString()}`);
    }
    return wait(expires, "waiting for approval");
  };
}
