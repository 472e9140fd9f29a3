import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { Gateways } from "../gateways/live-gateways.ts";
import type { Releases } from "../releases/release-store.ts";
import { stopping } from "./activate.ts";
import { fail, next, type Step } from "./step.ts";

/** RollingBack: the gateways serve the last verified release again. Needs neither Git nor the commit. */
export function createRollBack(deps: {
  gateways: Gateways;
  desired: DesiredReleases;
  releases: Releases;
  observeMs: number;
}): Step {
  return async ({ deployment, situation, log, signal }) => {
    const { live } = situation;
    if (!live) return fail("Internal", "There is no verified release to roll back to.");
    log.info(`Rolling back to deployment: ${live.deploymentId}`);
    await deps.releases.offer(live.release);
    await deps.desired.set(deployment.environment, live.release, live.deploymentId);
    const served = await deps.gateways.until(
      deployment.environment,
      (gateways) =>
        gateways.every(({ observedRelease }) => observedRelease === live.release) || undefined,
      { withinMs: deps.observeMs, signal },
    );
    if (signal.aborted) throw stopping();
    if (!served) log.error("Not every gateway serves the last verified release; they go on trying");
    else log.info("Rollback completed successfully");
    return next("RolledBack", `Rolled back to ${live.deploymentId}`);
  };
}
