import { type commitDetected, getEnvironmentOverview, recordDryRun } from "@honua/contracts";
import { formatPlan, limitPlanSize } from "@honua/release";
import type { Bus, Log } from "@honua/service-kit";
import type { z } from "zod";
import type { PlanCommit } from "./plan-commit.ts";

/** Why deployments wait on a server in dry-run mode. */
export const DRY_RUN_SERVER = "the server is in dry-run mode (GitOps.DryRun)";

/**
 * Plans a commit and records the plan. It opens no deployment, stores no release and calls no gateway,
 * so live, waiting and running deployments are not affected.
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
    const situation = await bus.call(getEnvironmentOverview, { environment });
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
      // A plan that exceeds the message size keeps its riskiest changes; the log has all of them.
      ...("plan" in found ? { plan: limitPlanSize(found.plan).plan } : found),
    });
    const log = deps.log.child({ environment, dryRunId: id });
    if ("plan" in found) log.info(formatPlan(found.plan));
    else log.warn(`Commit ${commit.id.slice(0, 7)} cannot be deployed: ${found.errorMessage}`);
    log.info(`Dry run of '${environment}' at commit ${commit.id.slice(0, 7)} changed nothing`);
  };
}
