import type { ReadinessChecks } from "@honua/service-kit";
import type { Serving } from "./serving.ts";

/**
 * A gateway is ready when it serves a release and reaches a database. One of several databases
 * being away makes collections unhealthy, not the gateway: the others are still to be served.
 */
export function readinessChecks(serving: Serving): ReadinessChecks {
  return {
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
