import type { PlanCommit } from "../dry-run/plan-commit.ts";
import type { StepContext } from "./step.ts";

/** Whether a commit is wrong, is refused or needs people; nothing of what is found is kept. */
export function createNeedsAttention(
  planCommit: PlanCommit,
): (context: StepContext) => Promise<boolean> {
  return async ({ deployment, situation }) => {
    const { environment, commit, bundle } = deployment;
    const found = await planCommit({ environment, commit, bundleDigest: bundle.digest }, situation);
    if ("errorMessage" in found) return true;
    const { decision } = found.plan;
    return decision.requiresApproval || !decision.allowed;
  };
}
