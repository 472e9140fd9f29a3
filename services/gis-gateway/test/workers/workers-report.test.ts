import { readinessOf } from "@honua/service-kit";
import { expect, it } from "vitest";
import { unknownGitopsHealth } from "../../src/api/gitops-health.ts";
import type { WorkerReplies } from "../../src/workers/worker-messages.ts";
import { workersReport } from "../../src/workers/workers-report.ts";

const reportOf = (answers: WorkerReplies) => workersReport({ query: async () => answers });

/** The replies of workers 1, 2, … */
function answersOf(values: readonly unknown[], missing: number[] = []): WorkerReplies {
  return {
    answers: values.map((value, index) => ({ worker: index + 1, text: JSON.stringify(value) })),
    missing,
  };
}

it("is not ready while no worker serves requests", async () => {
  const readiness = await readinessOf(reportOf(answersOf([], [1, 2])).checks);
  expect(readiness).toMatchObject({ status: "Unhealthy" });
});

it("is degraded while a worker is degraded or missing", async () => {
  const bus = { status: "Degraded", reason: "not connected" };
  const worker = { status: "Healthy", checks: { release: { status: "Healthy" }, MessageBus: bus } };
  expect(await readinessOf(reportOf(answersOf([worker], [2])).checks)).toEqual({
    status: "Healthy",
    checks: {
      workers: {
        status: "Degraded",
        reason: "worker 1: MessageBus: not connected; missing: worker 2; the others serve",
      },
    },
  });
});

it("prefers a worker that has heard from the state service", async () => {
  const known = { ...unknownGitopsHealth(), status: "Degraded", reasons: { Lanes: "blocked" } };
  const report = reportOf(answersOf([unknownGitopsHealth(), known]));
  expect(await report.gitopsHealth()).toEqual(known);
  expect(await reportOf(answersOf([])).gitopsHealth()).toEqual(unknownGitopsHealth());
});
