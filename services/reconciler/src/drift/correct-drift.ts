import {
  type EnvironmentOverview,
  type GatewayStatus,
  type Health,
  reportObservation,
  type SyncStatus,
} from "@honua/contracts";
import type { Bus, Log } from "@honua/service-kit";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { LiveGateways } from "../gateways/live-gateways.ts";
import type { ReleaseStore } from "../releases/release-store.ts";

/** The observed status of an environment whose last deployment is live. */
export interface Observation {
  health: Health;
  syncStatus: SyncStatus;
  message: string;
}

/** Compares the release and collection health that gateways report with the release they should serve. */
export function compareWithRelease(
  gateways: readonly GatewayStatus[],
  release: string,
): Observation {
  if (gateways.length === 0) {
    return { health: "Unhealthy", syncStatus: "Unknown", message: "no gateway sends heartbeats" };
  }
  const behind = gateways.filter(({ observedRelease }) => observedRelease !== release);
  if (behind.length > 0) {
    const names = behind.map(({ instance }) => instance).join(", ");
    return {
      health: "Degraded",
      syncStatus: "OutOfSync",
      message: `gateways that do not serve the live release: ${names}`,
    };
  }
  const broken = gateways.flatMap(({ instance, collections }) =>
    collections
      .filter(({ status }) => status === "Unhealthy")
      .map(({ collection, message }) => `${collection} on ${instance}: ${message ?? "unhealthy"}`),
  );
  if (broken.length > 0) {
    return { health: "Degraded", syncStatus: "Synced", message: broken.join("; ") };
  }
  return { health: "Healthy", syncStatus: "Synced", message: "every gateway serves the release" };
}

/**
 * Restores the last verified release as the desired release if it was changed, and reports the
 * observed status. Call it only for an environment without a running deployment.
 */
export type CorrectDrift = (situation: EnvironmentOverview) => Promise<void>;

export function createDriftCorrection(deps: {
  bus: Bus;
  log: Log;
  gateways: LiveGateways;
  desired: DesiredReleases;
  releases: ReleaseStore;
  /** True: report drift, but do not correct it. */
  isDryRunServer?: boolean;
}): CorrectDrift {
  return async ({ environment, live, latest }) => {
    if (!live) return;
    const desired = await deps.desired.current(environment);
    if (!deps.isDryRunServer) await deps.releases.restoreObject(live.release);
    if (desired !== live.release && !deps.isDryRunServer) {
      deps.log.warn(
        { environment, desired, release: live.release },
        "The desired release differs from the last verified release; correcting it",
      );
      await deps.desired.set(environment, live.release, live.deploymentId);
    }
    // A newer commit that failed keeps the environment OutOfSync, whatever the gateways report.
    if (latest && latest.deploymentId !== live.deploymentId && latest.treeHash !== live.treeHash)
      return;
    const observation = compareWithRelease(await deps.gateways.list(environment), live.release);
    const { changed } = await deps.bus.call(reportObservation, { environment, ...observation });
    if (changed && observation.health !== "Healthy") {
      deps.log.warn(
        { environment, ...observation },
        `Drift in '${environment}': ${observation.message}`,
      );
    }
  };
}
