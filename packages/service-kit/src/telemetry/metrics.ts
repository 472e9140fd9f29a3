import { metrics } from "@opentelemetry/api";

/** The reconciliation metrics, under the names the runbook alerts on. */
export function reconciliationMetrics() {
  const meter = metrics.getMeter("honua.gitops");
  return {
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
    duration: meter.createHistogram("honua.gitops.reconciliation.duration", {
      description: "From the opening of a deployment to its end",
      unit: "s",
      advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] },
    }),
  };
}
