import { type Bus, describeBusFault, type ReadinessChecks } from "@honua/service-kit";
import type { Serving } from "./serving.ts";

/**
 * A gateway is ready if it serves a release and reaches at least one database. If one of several
 * databases is unreachable, its collections are unhealthy, but the gateway still serves the others. It
 * does not need the message bus to serve either; without the bus it is degraded, because it does not
 * receive new releases.
 */
export function readinessChecks(
  serving: Serving,
  deps: { bus: () => Bus | undefined; busFault?: (() => string | undefined) | undefined },
): ReadinessChecks {
  return {
    MessageBus: () => {
      const fault = describeBusFault(deps.bus(), deps.busFault);
      return fault === undefined ? undefined : { degraded: fault };
    },
    release: () => (serving.current() ? undefined : "no release has been activated yet"),
    database: async () => {
      const active = serving.current()?.active;
      if (!active || active.collections.size === 0) return undefined;
      const reasons = await Promise.all(
        [...active.databases].map(async ([id, database]) => {
          const reason = await database.unreachableReason();
          return reason === undefined ? undefined : `datasource "${id}": ${reason}`;
        }),
      );
      if (reasons.some((reason) => reason === undefined)) return undefined;
      // A datasource that was unreachable when the release was loaded has no database to check.
      const unavailable = [...active.collections.values()].map((one) => one.unavailable);
      const why = new Set([...reasons, ...unavailable].filter((reason) => reason !== undefined));
      return [...why].join("; ");
    },
  };
}

/**
 * Lets concurrent callers share one run of each check. Any client can request the readiness of the
 * public port, and each run queries databases or workers.
 */
export function shareConcurrentRuns(checks: ReadinessChecks): ReadinessChecks {
  return Object.fromEntries(
    Object.entries(checks).map(([name, check]) => {
      let running: Promise<Awaited<ReturnType<typeof check>>> | undefined;
      const run = () => {
        running ??= (async () => check())().finally(() => {
          running = undefined;
        });
        return running;
      };
      return [name, run];
    }),
  );
}
