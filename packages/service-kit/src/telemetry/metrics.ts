import { metrics } from "@opentelemetry/api";

/** Time that messages wait in the lanes, in seconds. */
export function laneLag() {
  return metrics.getMeter("honua.gitops").createHistogram("honua.gitops.lane.lag", {
    description: "Time from storing a message until its lane processed it",
    unit: "s",
    advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900] },
  });
}

/** The reconciliation metrics, with the names from the runbook. */
export function reconciliationMetrics() {
  const meter = metrics.getMeter("honua.gitops");
  const counters = {
    total: meter.createCounter("honua.gitops.reconciliations.total", {
      description: "Reconciliations started",
    }),
    success: meter.createCounter("honua.gitops.reconciliations.success", {
      description: "Reconciliations that completed",
    }),
    failure: meter.createCounter("honua.gitops.reconciliations.failure", {
      description: "Reconciliations that failed",
    }),
    approvalTimeout: meter.createCounter("honua.gitops.approval.timeout", {
      description: "Approvals that expired without a decision",
    }),
  };
  return {
    ...counters,
    /** Creates an environment's counters with 0, so that the first failure shows as an increase. */
    initializeEnvironment(environment: string) {
      for (const counter of Object.values(counters)) counter.add(0, { environment });
    },
    duration: meter.createHistogram("honua.gitops.reconciliation.duration", {
      description: "Time from opening a deployment to its end",
      unit: "s",
      advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] },
    }),
  };
}
