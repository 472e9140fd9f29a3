import { metrics } from "@opentelemetry/api";

/** How long messages wait in the lanes before somebody takes them, in seconds. */
export function laneLag() {
  return metrics.getMeter("honua.gitops").createHistogram("honua.gitops.lane.lag", {
    description: "From the moment the bus stored a message until its lane took it",
    unit: "s",
    advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900] },
  });
}

/** The reconciliation metrics, under the names the runbook alerts on. */
export function reconciliationMetrics() {
  const meter = metrics.getMeter("honua.gitops");
  const counters = {
    total: meter.createCounter("honua.gitops.reconciliations.total", {
      description: "Reconciliations begun",
    }),
    success: meter.createCounter("honua.gitops.reconciliations.success", {
      description: "Reconciliations that completed",
    }),
    failure: meter.createCounter("honua.gitops.reconciliations.failure", {
      description: "Reconciliations that failed",
    }),
    approvalTimeout: meter.createCounter("honua.gitops.approval.timeout", {
      description: "Approvals that nobody decided in time",
    }),
  };
  return {
    ...counters,
    /** Makes an environment's counters be there with 0, so that the first failure is an increase. */
    begin(environment: string) {
      for (const counter of Object.values(counters)) counter.add(0, { environment });
    },
    duration: meter.createHistogram("honua.gitops.reconciliation.duration", {
      description: "From the opening of a deployment to its end",
      unit: "s",
      advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] },
    }),
  };
}
