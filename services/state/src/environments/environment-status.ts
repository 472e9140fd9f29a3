import type { Deployment, Health, SyncStatus } from "@honua/contracts";

export interface EnvironmentStatus {
  health: Health;
  syncStatus: SyncStatus;
}

/** Ends that leave what is live untouched. */
const NOTHING_TOUCHED: readonly Deployment["reason"][] = [
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
  { state, reason }: Pick<Deployment, "state" | "reason">,
  hasLive: boolean,
): EnvironmentStatus {
  switch (state) {
    case "Completed":
      return { health: "Healthy", syncStatus: "Synced" };
    case "AwaitingApproval":
      return { health: hasLive ? "Healthy" : "Unknown", syncStatus: "OutOfSync" };
    case "Failed":
      return NOTHING_TOUCHED.includes(reason)
        ? { health: hasLive ? "Healthy" : "Unknown", syncStatus: "OutOfSync" }
        : { health: hasLive ? "Degraded" : "Unhealthy", syncStatus: "OutOfSync" };
    case "RolledBack":
      return { health: hasLive ? "Degraded" : "Unhealthy", syncStatus: "OutOfSync" };
    default:
      return { health: "Progressing", syncStatus: "Syncing" };
  }
}
