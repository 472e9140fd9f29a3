import type { Clock } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import type { ChangeEnvironment } from "./environment-change.ts";
import { lockEnvironment } from "./lock-environment.ts";
import { PendingChange } from "./pending-change.ts";

/**
 * Creates the function that changes environments. Each change is one transaction that holds the lock of
 * the environment row, so the changes of an environment are serialised. The row is created on first use.
 *
 * @param deps.onCommitted called after each commit with the environment and the names of its new events
 */
export function createEnvironmentChanges(deps: {
  database: () => Database;
  clock: Clock;
  onCommitted: (environment: string, events: readonly string[]) => void;
}): ChangeEnvironment {
  return async (reference, work) => {
    const { environment, events, value } = await deps
      .database()
      .transaction(async (transaction) => {
        const row = await lockEnvironment(transaction, reference, deps.clock);
        const change = new PendingChange(transaction, row, deps.clock.now());
        const value = await work(change);
        await change.writeAll();
        return { environment: row.name, events: change.eventNames(), value };
      });
    deps.onCommitted(environment, events);
    return value;
  };
}
