import type { Clock } from "@honua/service-kit";
import { type Gate, pauseGate } from "./gate.ts";
import { fail, next, type Step, wait } from "./step.ts";

/** AwaitingApproval: goes on once people said yes to exactly this plan, and gives up in time. */
export function createAwaitDecision({
  clock,
  windowGate,
}: {
  clock: Clock;
  windowGate: Gate;
}): Step {
  return async (context) => {
    const { deployment } = context;
    const approval = deployment.decisions.find(
      ({ outcome, planDigest }) =>
        outcome === "approved" && planDigest === deployment.plan?.planDigest,
    );
    if (approval) {
      return (
        (await pauseGate(context)) ??
        (await windowGate(context)) ??
        next("Applying", `Approved by ${approval.subject}`)
      );
    }

    const expires = deployment.approvalExpiresAt
      ? new Date(deployment.approvalExpiresAt)
      : undefined;
    if (expires && expires <= clock.now()) {
      return fail("ApprovalExpired", `Nobody decided before ${expires.toISOString()}`);
    }
    return wait(expires, "waiting for approval");
  };
}
