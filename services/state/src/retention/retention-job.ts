import { type Log, messageOf, type Service } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { pruneDryRuns } from "../dry-runs/prune-dry-runs.ts";
import { pruneEvents } from "../event-stream/prune-events.ts";
import { pruneDeployments } from "./prune-deployments.ts";

const INTERVAL_MS = 10 * 60_000;

/** Applies retention at start and then every ten minutes. A failed run is logged and not retried. */
export function createRetentionJob(deps: {
  database: Database;
  historyLimit: number;
  /** Days after which ended deployments are deleted; 0 turns this off. */
  historyMaxAgeDays: number;
  /** Days that published events are kept. */
  eventRetentionDays: number;
  log: Log;
}): Service {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = async () => {
    try {
      await pruneDeployments(deps.database, deps.historyLimit, deps.historyMaxAgeDays);
      await pruneDryRuns(deps.database, deps.historyLimit);
      await pruneEvents(deps.database, deps.eventRetentionDays);
    } catch (error) {
      deps.log.warn({ err: error }, `Failed to apply retention: ${messageOf(error)}`);
    }
  };
  return {
    async start() {
      running = run();
      timer = setInterval(() => {
        running = running.then(run);
      }, INTERVAL_MS);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
