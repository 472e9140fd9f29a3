import type { GitopsHealth } from "@honua/contracts";

/** The components that the runbook documents. Others would disclose internals of the system. */
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

/** The body of `/health/gitops` as the runbook defines it, without reasons. */
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

/** 503 if the health is Unhealthy or Unknown. */
export function gitopsHealthStatus({ status }: GitopsHealth): 200 | 503 {
  return status === "Unknown" || status === "Unhealthy" ? 503 : 200;
}
