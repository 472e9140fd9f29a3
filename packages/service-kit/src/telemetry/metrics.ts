import { metrics } from "@opentelemetry/api";

/** The reconciliation metrics, under the names the runbook alerts on. */
export function reconciliationMetrics() {
  const meter = metrics.getMeter("honua.gitops");
  return {
    total: meter.createCounter("honua.gitops.reconciliations.total"),
    success: meter.createCounter("honua.gitops.reconciliations.success"),
    failure: meter.createCounter("honua.gitops.reconciliations.failure"),
    approvalTimeout: meter.createCounter("honua.gitops.approval.timeout"),
    duration: meter.createHistogram("honua.gitops.reconciliation.duration", {
      unit: "s",
      advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] },
    }),
  };
}
