import { setTimeout as pause } from "node:timers/promises";
import { backoffDelay, type Log, messageOf, PermanentError } from "@honua/service-kit";
import { type Database, openDatabase } from "./database.ts";

/**
 * Opens the database and retries with backoff while it is unavailable.
 *
 * @param options.connectWithinMs milliseconds after which no retry starts
 * @throws PermanentError `database-unavailable`, with the last cause in one line
 */
export async function waitForDatabase(options: {
  url: string;
  log: Log;
  signal: AbortSignal;
  connectWithinMs: number;
}): Promise<Database> {
  const deadline = performance.now() + options.connectWithinMs;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openDatabase(options.url, options.log);
    } catch (cause) {
      const delay = backoffDelay(attempt, { baseMs: 250, maxMs: 5_000 });
      const why = causeMessage(cause);
      if (options.signal.aborted || performance.now() + delay > deadline) {
        throw new PermanentError(
          "database-unavailable",
          `Cannot reach the state database: ${why}. Check DATABASE_URL and that the server is running.`,
          { cause },
        );
      }
      options.log.warn({ delay, attempt }, `Waiting for the state database: ${why}`);
      await pause(delay, undefined, { signal: options.signal });
    }
  }
}

/** A refused connection to a name with several addresses is an AggregateError without a message. */
function causeMessage(error: unknown): string {
  return error instanceof AggregateError
    ? error.errors.map(messageOf).join(", ")
    : messageOf(error);
}
