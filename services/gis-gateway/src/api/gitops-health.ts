import type { GitopsHealth } from "@honua/contracts";

/** The components that the runbook documents; any other would describe the inside of the system. */
const PUBLIC_COMPONENTS = ["GitWatcher", "GitRepository", "DeploymentStateStore"] as const;

/** The health of the system while the state service has not reported it recently. */
export function unknownGitopsHealth(): GitopsHealth {
  return {
    status: "Unknown",
    components: Object.fromEntries(PUBLIC_COMPONENTS.map((name) => [name, "Unknown"])),
    lastReconciliation: null,
    nextPoll: null,
  };
}

/** `/health/gitops` in exactly the shape of the runbook, without reasons. */
export function publicGitopsHealth(health: GitopsHealth): GitopsHealth {
  return {
    status: health.status,
    components: Object.fromEntries(
      PUBLIC_COMPONENTS.map((name) => [name, health.components[name] ?? "Unknown"]),
    ),
    lastReconciliation: health.lastReconciliation,
    nextPoll: health.nextPoll,
  };
}

/** 503 for a system that is Unhealthy, or whose health is unknown. */
export function gitopsHealthStatus({ status }: GitopsHealth): 200 | 503 {
  return status === "Unknown" || status === "Unhealthy" ? 503 : 200;
}
