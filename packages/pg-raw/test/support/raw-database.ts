import { createLog, type Log } from "@honua/service-kit";
import { openRawDatabase, type RawDatabase } from "../../src/index.ts";

export const silent: Log = createLog({ service: "test", instance: "test", level: "silent" });

/**
 * A pool on a test database.
 *
 * @param settings.waitMs milliseconds to wait for a connection
 * @param settings.statementTimeoutMs milliseconds after which the server ends a statement
 */
export function openTestDatabase(
  url: string,
  settings: { maxConnections: number; waitMs: number; statementTimeoutMs: number },
): RawDatabase {
  const { maxConnections, waitMs, statementTimeoutMs } = settings;
  return openRawDatabase(
    {
      configuration: {
        connectionString: url,
        application_name: "honua-pg-raw-test",
        statement_timeout: statementTimeoutMs,
        query_timeout: statementTimeoutMs + 1_000,
      },
      maxConnections,
      waitMs,
      idleTimeoutMs: 10_000,
    },
    silent,
  );
}
