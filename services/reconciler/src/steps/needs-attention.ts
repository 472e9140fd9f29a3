import type { PlanCommit } from "../dry-run/plan-commit.ts";
import type { StepContext } from "./step.ts";

/** True if a commit is invalid, refused by policy or needs approval. Stores nothing. */
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
