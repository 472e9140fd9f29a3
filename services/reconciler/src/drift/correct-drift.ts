import {
  type EnvironmentSituation,
  type GatewayStatus,
  type Health,
  reportObservation,
  type SyncStatus,
} from "@honua/contracts";
import type { Bus, Log } from "@honua/service-kit";
import type { DesiredReleases } from "../gateways/desired-releases.ts";
import type { Gateways } from "../gateways/live-gateways.ts";
import type { Releases } from "../releases/release-store.ts";

/** What is observed of an environment whose last deployment is the live one. */
export interface Observation {
  health: Health;
  syncStatus: SyncStatus;
  message: string;
}

/** Compares what the gateways say with the release that they should serve. */
export function observe(gateways: readonly GatewayStatus[], release: string): Observation {
  if (gateways.length === 0) {
    return { health: "Unhealthy", syncStatus: "Unknown", message: "no gateway sends heartbeats" };
  }
  const behind = gateways.filter(({ observedRelease }) => observedRelease !== release);
  if (behind.length > 0) {
    const names = behind.map(({ instance }) => instance).join(", ");
    return { health: "Degraded", syncStatus: "OutOfSync", message: `not at the release: ${names}` };
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
 * Makes the gateways serve the last verified release again when they are told otherwise, and
 * reports what is observed. Only for an environment in which nothing is under way.
 */
export type Heal = (situation: EnvironmentSituation) => Promise<void>;

export function createHeal(deps: {
  bus: Bus;
  log: Log;
  gateways: Gateways;
  desired: DesiredReleases;
  releases: Releases;
  /** Only say what differs. */
  onlyPlans?: boolean;
}): Heal {
  return async ({ environment, live, latest }) => {
    if (!live) return;
    const desired = await deps.desired.current(environment);
    if (!deps.onlyPlans) await deps.releases.offer(live.release);
    if (desired !== live.release && !deps.onlyPlans) {
      deps.log.warn(
        { environment, desired, release: live.release },
        "The desired release is not the verified one; setting it right",
      );
      await deps.desired.set(environment, live.release, live.deploymentId);
    }
    // A newer commit that failed keeps the environment OutOfSync; what is observed cannot mend that.
    if (latest && latest.deploymentId !== live.deploymentId && latest.treeHash !== live.treeHash)
      return;
    const observation = observe(await deps.gateways.list(environment), live.release);
    const { changed } = await deps.bus.call(reportObservation, { environment, ...observation });
    if (changed && observation.health !== "Healthy") {
      deps.log.warn(
        { environment, ...observation },
        `Drift in '${environment}': ${observation.message}`,
      );
    }
  };
}
