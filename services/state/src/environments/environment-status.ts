import type { Deployment, EnvironmentHold, Health, SyncStatus } from "@honua/contracts";

export interface EnvironmentStatus {
  health: Health;
  syncStatus: SyncStatus;
}

/** What the status of an environment depends on. */
type StatusFacts = Pick<Deployment, "state" | "reason"> & { waitingFor?: string | null };

/** Ends that leave what is live untouched. */
const ENDED_BEFORE_APPLYING: readonly Deployment["reason"][] = [
  "Rejected",
  "ApprovalExpired",
  "Superseded",
];

/**
 * How an environment is, given its newest deployment.
 *
 * @param hasLive whether an earlier release is still served
 */
export function environmentStatus(
  { state, reason, waitingFor }: StatusFacts,
  hasLive: boolean,
): EnvironmentStatus {
  const notDeployed: EnvironmentStatus = {
    health: hasLive ? "Healthy" : "Unknown",
    syncStatus: "OutOfSync",
  };
  // Whatever it waits for, nobody works on it.
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

/** While a rollback holds the newest commit back, what is served is not what Git says. */
export function syncStatusUnderHold(
  syncStatus: SyncStatus,
  hold: EnvironmentHold | null,
): SyncStatus {
  return hold !== null && syncStatus === "Synced" ? "OutOfSync" : syncStatus;
}
