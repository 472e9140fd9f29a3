import type { Readiness } from "@honua/contracts";
import { Router } from "express";

/**
 * Result of a readiness check: undefined if healthy, a reason if the service is not ready, or
 * `degraded` with a reason if it is ready but needs attention.
 */
type CheckResult = string | { degraded: string } | undefined;

/** Readiness checks by name. */
export type ReadinessChecks = Record<string, () => CheckResult | Promise<CheckResult>>;

/** Runs all checks. A check that throws counts as unhealthy. */
export async function readinessOf(checks: ReadinessChecks): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        return [name, checkStatus(await check())];
      } catch (error) {
        return [name, { status: "Unhealthy", reason: (error as Error).message }];
      }
    }),
  );
  const all: Readiness["checks"] = Object.fromEntries(results);
  const healthy = Object.values(all).every(({ status }) => status !== "Unhealthy");
  return { status: healthy ? "Healthy" : "Unhealthy", checks: all };
}

function checkStatus(result: CheckResult): Readiness["checks"][string] {
  if (result === undefined) return { status: "Healthy" };
  return typeof result === "string"
    ? { status: "Unhealthy", reason: result }
    : { status: "Degraded", reason: result.degraded };
}

/**
 * Creates the routes `/health/live`, `/health/ready` and, if `metrics` is given, `/metrics`.
 *
 * @param options.showsReasons if false, `/health/ready` omits checks and reasons, because reasons
 *   contain host and table names
 */
export function healthRoutes(options: {
  checks: ReadinessChecks;
  showsReasons?: boolean;
  metrics?: (write: (text: string) => void) => Promise<void>;
}): Router {
  const { checks, showsReasons = true, metrics } = options;
  const router = Router();
  router.get("/health/live", (_request, response) => {
    response.json({ status: "Healthy" });
  });
  router.get("/health/ready", async (_request, response) => {
    const readiness = await readinessOf(checks);
    const { status } = readiness;
    response.status(status === "Healthy" ? 200 : 503).json(showsReasons ? readiness : { status });
  });
  if (metrics) {
    router.get("/metrics", async (_request, response) => {
      response.type("text/plain; version=0.0.4; charset=utf-8");
      await metrics((text) => void response.write(text));
      response.end();
    });
  }
  return router;
}
