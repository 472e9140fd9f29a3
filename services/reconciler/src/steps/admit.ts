import { checkPause, type StartCondition } from "./start-conditions.ts";
import { next, type Step, type StepContext, type StepResult } from "./step.ts";

/**
 * Pending: waits while the environment is paused or no deployment window is open. Before the window
 * opens, an invalid commit fails and a commit that needs approval asks for it, so that approvers can
 * decide in time.
 *
 * @param deps.needsAttention whether the commit is invalid, refused or needs approval
 */
export function createAdmit(deps: {
  checkWindow: StartCondition;
  needsAttention: (context: StepContext) => Promise<boolean>;
}): Step {
  return async (context) => {
    const { deployment } = context;
    const paused = await checkPause(context);
    if (paused) return paused;
    const closed = await deps.checkWindow(context);
    if (closed && (closed.kind === "fail" || !(await needsAttentionBeforeWindow(context, closed))))
      return closed;
    return next("Validating", `Validating commit ${deployment.commit.id.slice(0, 7)}`);
  };

  /** False without a new check if the deployment already waits for this window. */
  async function needsAttentionBeforeWindow(
    context: StepContext,
    closed: StepResult,
  ): Promise<boolean> {
    if (closed.kind === "wait" && context.deployment.waitingFor === closed.why) return false;
    return deps.needsAttention(context);
  }
}
