import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { LiveGateways } from "../gateways/live-gateways.ts";
import type { ReleaseStore } from "../releases/release-store.ts";
import { reconcilerStopping } from "./activate.ts";
import { fail, next, type Step } from "./step.ts";

/** RollingBack: makes the last verified release the desired release. Needs neither Git nor the commit. */
export function createRollBack(deps: {
  gateways: LiveGateways;
  desired: DesiredReleases;
  releases: ReleaseStore;
  observeMs: number;
}): Step {
  return async ({ deployment, situation, log, signal }) => {
    const { live } = situation;
    if (!live) return fail("Internal", "There is no verified release to roll back to.");
    log.info(`Rolling back to deployment: ${live.deploymentId}`);
    await deps.releases.restoreObject(live.release);
    await deps.desired.set(deployment.environment, live.release, live.deploymentId);
    const served = await deps.gateways.until(
      deployment.environment,
      (gateways) =>
        gateways.every(({ observedRelease }) => observedRelease === live.release) || undefined,
      { withinMs: deps.observeMs, signal },
    );
    if (signal.aborted) throw reconcilerStopping();
    if (!served)
      log.error(
        "Not every gateway serves the last verified release yet; the gateways keep retrying",
      );
    else log.info("Rollback completed successfully");
    return next("RolledBack", `Rolled back to ${live.deploymentId}`);
  };
}
