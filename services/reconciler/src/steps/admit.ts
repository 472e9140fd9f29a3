import { type Gate, pauseGate } from "./start-conditions.ts";
import { next, type Outcome, type Step, type StepContext } from "./step.ts";

/**
 * Pending: waits while the environment is paused, or while no window is open. Outside of a window a
 * commit is looked at all the same: one that is wrong fails, and one that needs people asks them, so
 * that they can decide before the window opens.
 *
 * @param deps.needsAttention whether there is something to do before the window opens
 */
export function createAdmit(deps: {
  windowGate: Gate;
  needsAttention: (context: StepContext) => Promise<boolean>;
}): Step {
  return async (context) => {
    const { deployment } = context;
    const paused = await pauseGate(context);
    if (paused) return paused;
    const closed = await deps.windowGate(context);
    if (closed && (closed.kind === "fail" || !(await attention(context, closed)))) return closed;
    return next("Validating", `Validating commit ${deployment.commit.id.slice(0, 7)}`);
  };

  /** One that waits for this very window was found to need none. */
  async function attention(context: StepContext, closed: Outcome): Promise<boolean> {
    if (closed.kind === "wait" && context.deployment.waitingFor === closed.why) return false;
    return deps.needsAttention(context);
  }
}
