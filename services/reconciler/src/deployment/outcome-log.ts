import type { Deployment } from "@honua/contracts";
import type { Log, reconciliationMetrics } from "@honua/service-kit";
import type { Counter } from "@opentelemetry/api";

/** Writes the start and outcome of reconciliations to the log, in the runbook's wording, and to metrics. */
export interface OutcomeLog {
  started(deployment: Deployment, log: Log): void;
  succeeded(deployment: Deployment, log: Log): void;
  failed(deployment: Deployment, log: Log): void;
}

export function createOutcomeLog(metrics: ReturnType<typeof reconciliationMetrics>): OutcomeLog {
  function count(deployment: Deployment, counter: Counter): number {
    const { environment, startedAt, completedAt } = deployment;
    const ms = Date.parse(completedAt ?? deployment.updatedAt) - Date.parse(startedAt);
    counter.add(1, { environment });
    metrics.duration.record(ms / 1_000, { environment });
    return ms;
  }

  return {
    started({ environment, commit }, log) {
      metrics.total.add(1, { environment });
      log.info(
        { commit: commit.id },
        `Starting reconciliation for environment '${environment}' at commit '${commit.id.slice(0, 7)}'`,
      );
    },
    succeeded(deployment, log) {
      const ms = count(deployment, metrics.success);
      log.info(
        { commit: deployment.commit.id, durationMs: ms },
        `Successfully completed reconciliation for environment '${deployment.environment}' in ${ms}ms`,
      );
    },
    failed(deployment, log) {
      const { environment, reason, errorMessage } = deployment;
      count(deployment, metrics.failure);
      if (reason === "ApprovalExpired") metrics.approvalTimeout.add(1, { environment });
      const level = reason === "Internal" ? "error" : "warn";
      log[level](
        { reason },
        `Failed reconciliation for environment '${environment}': ${errorMessage}`,
      );
    },
  };
}
