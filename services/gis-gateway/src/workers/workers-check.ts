import { type Readiness, readiness } from "@honua/contracts";
import type { ReadinessChecks } from "@honua/service-kit";
import type { WorkerGroup } from "./worker-channel.ts";

/**
 * The readiness of all workers: not ready if one serving worker is not ready, and degraded while one is
 * missing, because the others still serve.
 */
export function workersReadiness(siblings: WorkerGroup): ReadinessChecks {
  return {
    async workers() {
      const { answers, missing } = await siblings.query("readiness");
      if (answers.length === 0) return "no worker serves requests";
      const workers = answers.map(({ worker, text }) => ({
        worker,
        checks: readiness.parse(JSON.parse(text)).checks,
      }));
      const unhealthy = reasonsOf(workers, "Unhealthy");
      if (unhealthy.length > 0) return unhealthy.join("; ");
      const degraded = reasonsOf(workers, "Degraded");
      if (missing.length > 0) {
        degraded.push(`missing: worker ${missing.join(", ")}; the others serve`);
      }
      return degraded.length > 0 ? { degraded: degraded.join("; ") } : undefined;
    },
  };
}

function reasonsOf(
  workers: readonly { worker: number; checks: Readiness["checks"] }[],
  status: "Degraded" | "Unhealthy",
): string[] {
  return workers.flatMap(({ worker, checks }) =>
    Object.entries(checks)
      .filter(([, check]) => check.status === status)
      .map(([name, { reason }]) => `worker ${worker}: ${name}: ${reason ?? status.toLowerCase()}`),
  );
}
