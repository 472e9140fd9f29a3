import type { Deployment, EnvironmentHold, Health, SyncStatus } from "@honua/contracts";

export interface EnvironmentStatus {
  health: Health;
  syncStatus: SyncStatus;
}

/** The deployment fields that determine the status of an environment. */
type StatusFacts = Pick<Deployment, "state" | "reason"> & { waitingFor?: string | null };

/** Failure reasons that occur before anything is applied. */
const ENDED_BEFORE_APPLYING: readonly Deployment["reason"][] = [
  "Rejected",
  "ApprovalExpired",
  "Superseded",
];

/**
 * Derives the status of an environment from its newest deployment.
 *
 * @param hasLive whether the environment serves a release
 */
export function environmentStatus(
  { state, reason, waitingFor }: StatusFacts,
  hasLive: boolean,
): EnvironmentStatus {
  const notDeployed: EnvironmentStatus = {
    health: hasLive ? "Healthy" : "Unknown",
    syncStatus: "OutOfSync",
  };
  // A waiting deployment is not in progress, in any state.
  if (waitingFor) return notDeployed;
  switch (state) {
    case "Completed":
      return { health: "Healthy", syncStatus: "Synced" };
    case "AwaitingApproval":
      return notDeployed;
    case "Failed":
      return ENDED_BEFORE_APPLYING.includes(reason)
        ? notDeployed
        : { health: hasLive ? "Degraded" : "Unhealthy", syncStatus: "OutOfSync" };
    case "RolledBack":
      return { health: hasLive ? "Degraded" : "Unhealthy", syncStatus: "OutOfSync" };
    default:
      return { health: "Progressing", syncStatus: "Syncing" };
  }
}

/** While a rollback holds the newest commit, the environment does not serve that commit. */
export function syncStatusUnderHold(
  syncStatus: SyncStatus,
  hold: EnvironmentHold | null,
): SyncStatus {
  return hold !== null && syncStatus === "Synced" ? "OutOfSync" : syncStatus;
}
