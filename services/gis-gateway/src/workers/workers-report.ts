import { gitopsHealth } from "@honua/contracts";
import { unknownGitopsHealth } from "../api/gitops-health.ts";
import type { OperationsReport } from "../api/operations-listener.ts";
import { mergeMetrics } from "./merge-metrics.ts";
import type { Siblings } from "./siblings.ts";
import { workersCheck } from "./workers-check.ts";

/** What the operations listener of a gateway with several workers reports: about all of them. */
export function workersReport(workers: Siblings): OperationsReport {
  return {
    checks: workersCheck(workers),
    async metrics(write) {
      const { answers } = await workers.ask("metrics");
      write(mergeMetrics(answers));
    },
    async gitopsHealth() {
      const { answers } = await workers.ask("gitops-health");
      const reports = answers.map(({ text }) => gitopsHealth.parse(JSON.parse(text)));
      // A worker that has just started may not have heard from the state service yet.
      const known = reports.find(({ status }) => status !== "Unknown");
      return known ?? reports[0] ?? unknownGitopsHealth();
    },
  };
}
