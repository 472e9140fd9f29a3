import type { Gate } from "./gate.ts";
import { next, type Step } from "./step.ts";

/** Pending: waits while something stands in the way of beginning. */
export function createAdmit({ gate }: { gate: Gate }): Step {
  return async (context) =>
    gate(context) ??
    next("Validating", `Validating commit ${context.deployment.commit.id.slice(0, 7)}`);
}
