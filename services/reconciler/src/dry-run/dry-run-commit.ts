import { type commitDetected, getSituation, recordDryRun } from "@honua/contracts";
import { boundedPlan, formatPlan } from "@honua/release";
import type { Bus, Log } from "@honua/service-kit";
import type { z } from "zod";
import type { PlanCommit } from "./plan-commit.ts";

/** Why deployments wait on a server that only plans. */
export const ONLY_PLANS = "this server only plans (GitOps.DryRun); it changes nothing";

/**
 * Plans a commit and has the plan recorded. No deployment is opened, no release is kept, no gateway
 * is asked: what is live, waits or is under way stays as it is.
 */
export type DryRunCommit = (
  environment: string,
  requestId: string,
  detected: z.output<typeof commitDetected.data>,
) => Promise<void>;

export function createDryRunCommit(deps: {
  bus: Bus;
  log: Log;
  planCommit: PlanCommit;
}): DryRunCommit {
  const { bus, planCommit } = deps;
  return async (environment, requestId, detected) => {
    const { commit, treeHash } = detected;
    const situation = await bus.call(getSituation, { environment });
    const found = await planCommit(
      { environment, commit, bundleDigest: detected.bundle.digest },
      situation,
    );
    const { id } = await bus.call(recordDryRun, {
      environment,
      commit,
      treeHash,
      trigger: detected.dryRun ? "sync" : "commit",
      initiatedBy: detected.requestedBy ?? "GitWatcher",
      requestId,
      plan: null,
      errorMessage: null,
      // The riskiest of a plan that is larger than a message; the log has all of it.
      ...("plan" in found ? { plan: boundedPlan(found.plan).plan } : found),
    });
    const log = deps.log.child({ environment, dryRunId: id });
    if ("plan" in found) log.info(formatPlan(found.plan));
    else log.warn(`Commit ${commit.id.slice(0, 7)} cannot be deployed: ${found.errorMessage}`);
    log.info(`Dry run of '${environment}' at commit ${commit.id.slice(0, 7)}: nothing was changed`);
  };
}
