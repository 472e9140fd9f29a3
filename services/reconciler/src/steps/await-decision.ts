import { approvalProgress } from "@honua/contracts";
import type { Clock } from "@honua/service-kit";
import { type Gate, pauseGate } from "./start-conditions.ts";
import { fail, next, type Step, wait } from "./step.ts";

/** AwaitingApproval: goes on once enough people said yes to exactly this plan, and gives up in time. */
export function createAwaitDecision({
  clock,
  windowGate,
}: {
  clock: Clock;
  windowGate: Gate;
}): Step {
  return async (context) => {
    const { deployment } = context;
    const { approvedBy, required, isComplete } = approvalProgress(deployment);
    if (isComplete) {
      return (
        (await pauseGate(context)) ??
        (await windowGate(context)) ??
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
