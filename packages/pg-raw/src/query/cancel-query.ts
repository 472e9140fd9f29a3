import { setTimeout } from "node:timers/promises";
import pg from "pg";

/**
 * Tells the server to stop what a connection is doing once the signal is aborted.
 *
 * @returns what to wait for before the connection is used again, so that no later query is stopped
 */
export function cancelOnAbort(
  client: pg.PoolClient,
  signal: AbortSignal,
  configuration: pg.ClientConfig,
): () => Promise<void> {
  let settled: (() => Promise<void>) | undefined;
  const cancel = () => {
    settled = cancelQuery(client, configuration);
  };
  signal.addEventListener("abort", cancel, { once: true });
  return async () => {
    signal.removeEventListener("abort", cancel);
    await settled?.();
  };
}

/**
 * Tells the server to stop what a connection is doing. It is asked over another connection, as
 * PostgreSQL has it; when that fails, the statement timeout ends the query.
 *
 * @returns as `cancelOnAbort`, to be called when the query has ended
 */
export function cancelQuery(
  client: pg.PoolClient,
  configuration: pg.ClientConfig,
): () => Promise<void> {
  const { processID } = client as unknown as { processID: number };
  const settled = new AbortController();
  const done = stopBackend(processID, configuration, settled.signal);
  return async () => {
    settled.abort();
    await done;
  };
}

/** Attempts to stop a query, and the milliseconds between them. */
const ATTEMPTS = 8;
const PAUSE_MS = 250;

/**
 * Asks until the query has settled: a busy server may refuse the connection, and one that is between
 * the messages of a query, still to execute it, forgets that it was asked.
 */
async function stopBackend(
  processId: number,
  configuration: pg.ClientConfig,
  settled: AbortSignal,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS && !settled.aborted; attempt += 1) {
    await askToStop(processId, configuration).catch(() => undefined);
    await setTimeout(PAUSE_MS, undefined, { signal: settled }).catch(() => undefined);
  }
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
