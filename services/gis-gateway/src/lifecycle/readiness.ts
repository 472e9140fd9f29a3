import { type Bus, describeBusFault, type ReadinessChecks } from "@honua/service-kit";
import type { Serving } from "./serving.ts";

/**
 * A gateway is ready when it serves a release and reaches a database. One of several databases
 * being away makes collections unhealthy, not the gateway: the others are still to be served.
 * Neither does it need the message bus to serve what it has; without the bus it is degraded, because
 * it does not learn of new releases.
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
          const reason = await database.unreachable();
          return reason === undefined ? undefined : `datasource "${id}": ${reason}`;
        }),
      );
      if (reasons.some((reason) => reason === undefined)) return undefined;
      // A datasource that could not be reached when the release was loaded has no database to ask.
      const unavailable = [...active.collections.values()].map((one) => one.unavailable);
      const why = new Set([...reasons, ...unavailable].filter((reason) => reason !== undefined));
      return [...why].join("; ");
    },
  };
}

/**
 * The same checks, of which concurrent callers share one run. Anybody may ask for the readiness of a
 * public port, and each run asks databases or workers.
 */
export function shareRuns(checks: ReadinessChecks): ReadinessChecks {
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
