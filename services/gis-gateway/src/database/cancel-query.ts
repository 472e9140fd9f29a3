import { setTimeout } from "node:timers/promises";
import pg from "pg";

/**
 * Tells the server to stop what a connection is doing once the signal is aborted. It is asked over
 * another connection, as PostgreSQL has it; when that fails, the statement timeout ends the query.
 *
 * @returns what to wait for before the connection is used again, so that no later query is stopped
 */
export function cancelOnAbort(
  client: pg.PoolClient,
  signal: AbortSignal,
  configuration: pg.ClientConfig,
): () => Promise<void> {
  let cancelling: Promise<void> | undefined;
  const cancel = () => {
    const { processID } = client as unknown as { processID: number };
    cancelling = stopBackend(processID, configuration).catch(() => undefined);
  };
  signal.addEventListener("abort", cancel, { once: true });
  return async () => {
    signal.removeEventListener("abort", cancel);
    await cancelling;
  };
}

/** Attempts to reach a server that is busy, and the milliseconds between them. */
const ATTEMPTS = 4;
const PAUSE_MS = 250;

async function stopBackend(processId: number, configuration: pg.ClientConfig): Promise<void> {
  for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
    try {
      return await askToStop(processId, configuration);
    } catch {
      await setTimeout(PAUSE_MS);
    }
  }
  return askToStop(processId, configuration);
}

async function askToStop(processId: number, configuration: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(configuration);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select pg_cancel_backend($1)", [processId]);
  } finally {
    await client.end().catch(() => undefined);
  }
}
