import { setTimeout } from "node:timers/promises";
import pg from "pg";

/**
 * Cancels the query of a connection when a signal is aborted.
 *
 * @returns a function to await before the connection is used again, so that no later query is cancelled
 */
export function cancelOnAbort(
  client: pg.PoolClient,
  signal: AbortSignal,
  configuration: pg.ClientConfig,
): () => Promise<void> {
  let settle: (() => Promise<void>) | undefined;
  const cancel = () => {
    settle = cancelQuery(client, configuration);
  };
  signal.addEventListener("abort", cancel, { once: true });
  return async () => {
    signal.removeEventListener("abort", cancel);
    await settle?.();
  };
}

/**
 * Cancels the query of a connection. PostgreSQL accepts the request over another connection only. If
 * that fails, the statement timeout ends the query.
 *
 * @returns a function to await when the query has ended and before the connection is used again
 */
export function cancelQuery(
  client: pg.PoolClient,
  configuration: pg.ClientConfig,
): () => Promise<void> {
  const { processID } = client as unknown as { processID: number };
  const queryEnded = new AbortController();
  const done = cancelBackend(processID, configuration, queryEnded.signal);
  return async () => {
    queryEnded.abort();
    await done;
  };
}

/** Attempts to cancel a query, and the milliseconds between them. */
const ATTEMPTS = 8;
const PAUSE_MS = 250;

/**
 * Repeats the request until the query has ended. A busy server may refuse the connection, and a backend
 * that has not yet received the Execute message of the query ignores the request.
 */
async function cancelBackend(
  processId: number,
  configuration: pg.ClientConfig,
  queryEnded: AbortSignal,
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS && !queryEnded.aborted; attempt += 1) {
    await requestCancel(processId, configuration).catch(() => undefined);
    await setTimeout(PAUSE_MS, undefined, { signal: queryEnded }).catch(() => undefined);
  }
}

async function requestCancel(processId: number, configuration: pg.ClientConfig): Promise<void> {
  const client = new pg.Client(configuration);
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select pg_cancel_backend($1)", [processId]);
  } finally {
    await client.end().catch(() => undefined);
  }
}
