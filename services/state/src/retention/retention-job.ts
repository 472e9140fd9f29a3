import { type Log, messageOf, type Service } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { pruneDryRuns } from "../dry-runs/prune-dry-runs.ts";
import { pruneEvents } from "../event-stream/prune-events.ts";
import { pruneDeployments } from "./prune-deployments.ts";

const INTERVAL_MS = 10 * 60_000;

/** Applies retention at the start and then every ten minutes; a failure waits for the next time. */
export function createRetentionJob(deps: {
  database: Database;
  historyLimit: number;
  /** 0: no deployment is pruned for its age. */
  historyMaxAgeDays: number;
  /** Days that events can be read again. */
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
      deps.log.warn({ err: error }, `Could not apply retention: ${messageOf(error)}`);
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
