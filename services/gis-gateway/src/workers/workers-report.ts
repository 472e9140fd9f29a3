import { gitopsHealth } from "@honua/contracts";
import { unknownGitopsHealth } from "../api/gitops-health.ts";
import type { OperationsReport } from "../api/operations-listener.ts";
import { mergeMetrics } from "./merge-metrics.ts";
import type { WorkerGroup } from "./worker-channel.ts";
import { workersReadiness } from "./workers-check.ts";

/** The report of the operations listener for all workers. */
export function workersReport(workers: WorkerGroup): OperationsReport {
  return {
    checks: workersReadiness(workers),
    async metrics(write) {
      const { answers } = await workers.query("metrics");
      write(mergeMetrics(answers));
    },
    async gitopsHealth() {
      const { answers } = await workers.query("gitops-health");
      const reports = answers.map(({ text }) => gitopsHealth.parse(JSON.parse(text)));
      // A worker that has just started may not have heard from the state service yet.
      const known = reports.find(({ status }) => status !== "Unknown");
      return known ?? reports[0] ?? unknownGitopsHealth();
    },
  };
}
