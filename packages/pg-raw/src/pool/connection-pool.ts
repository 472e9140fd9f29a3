import { type Log, TransientError } from "@honua/service-kit";
import pg from "pg";
import { DATABASE_CODES } from "../database-error.ts";
import { ReadingSocket } from "../protocol/reading-socket.ts";
import { tappedConnection } from "../protocol/tapped-connection.ts";
import { BrokenConnectionError } from "../protocol/unreadable-result.ts";
import { createFairShare, type Owner } from "./fair-share.ts";

/** Connections to one database, which are handed from query to query. */
export interface Connections {
  /**
   * A connection for one use, which ends with `giveBack`.
   *
   * @param owner who uses it; connections that others wait for are divided by owner
   * @throws HonuaError `database-busy`
   * @throws what the driver throws
   */
  take(owner?: Owner): Promise<pg.PoolClient> | pg.PoolClient;
  /**
   * Counts a connection as held by an owner, until the returned function is called.
   *
   * @param stop ends the statement, called when another owner has waited for too long
   */
  hold(owner: Owner, stop?: () => void): () => void;
  /** @param isBroken true: it is of no more use */
  giveBack(client: pg.PoolClient, isBroken: boolean): void;
  /** Milliseconds since the server answered for the last time. */
  silentMs(): number;
  close(): Promise<void>;
}

/** Requests that may wait for a connection; the next one is turned away at once. */
const MAX_WAITING = 260;
/** Requests of one owner that may wait, so that others still can. */
const MAX_WAITING_OF_OWNER = 200;
/** Milliseconds for which an answer proves that the server is there. */
export const FRESH_MS = 2_000;
/** Milliseconds for which a connection that is not used is believed to work. */
const TRUSTED_MS = 1_000;
/** Milliseconds that a connection has to show that it works. */
const PROBE_MS = 2_000;

/**
 * The driver's pool opens connections and ends those that nobody needs. One that was just used goes
 * straight to whoever waits, or is kept at hand for a second: the pool takes timers and events for
 * each use, a tenth of what a short answer takes.
 */
export function createConnections(options: {
  configuration: pg.ClientConfig;
  /** Connections at the most. */
  max: number;
  /** How long a request waits for one of them. */
  waitMs: number;
  idleTimeoutMs: number;
  log: Log;
}): Connections {
  const { configuration, max, waitMs, log } = options;
  const pool = new pg.Pool({
    ...configuration,
    // With TLS the driver reads from a socket that it makes itself.
    ...(configuration.ssl ? {} : { stream: () => new ReadingSocket() }),
    max,
    idleTimeoutMillis: options.idleTimeoutMs,
  });
  /** The last one used is the last. */
  const atHand: pg.PoolClient[] = [];
  const waiting = createFairShare<(client: pg.PoolClient | Promise<pg.PoolClient>) => void>();
  /** Connections that the pool does not have, those at hand as well. */
  let taken = 0;
  let answeredAt = performance.now();
  let tidying: NodeJS.Timeout | undefined;
  let isClosed = false;
  const usedAt = new WeakMap<pg.PoolClient, number>();
  /** Connections that were not used since are not believed to work any more. */
  let distrustedBefore = 0;

  pool.on("error", (error) => log.debug(`An idle database connection ended: ${error.message}`));
  // While a connection is in use the pool does not listen, and an error that no query gets would
  // end the process.
  pool.on("connect", (client) => {
    client.on("error", (error) => {
      if (error instanceof BrokenConnectionError) {
        log.warn({ err: error }, "A database connection could not be read and was discarded");
      }
      forget(client);
    });
    // From the first message on, so that nothing the driver throws leaves the socket's callback.
    tappedConnection(client as pg.PoolClient);
  });

  return {
    take: (owner) => takeAtHand() ?? takeFromPool(owner),
    hold: waiting.hold,
    giveBack(client, isBroken) {
      if (isBroken || isClosed) return release(client, isBroken);
      answeredAt = performance.now();
      usedAt.set(client, answeredAt);
      const next = waiting.size > 0 ? waiting.next() : undefined;
      if (next) return next(client);
      atHand.push(client);
      tidying ??= setTimeout(tidy, TRUSTED_MS).unref();
    },
    silentMs: () => performance.now() - answeredAt,
    async close() {
      isClosed = true;
      clearTimeout(tidying);
      for (const client of atHand.splice(0)) release(client, false);
      await pool.end();
    },
  };

  function takeAtHand(): pg.PoolClient | undefined {
    const last = atHand.at(-1);
    return last && isTrusted(last) ? atHand.pop() : undefined;
  }

  async function takeFromPool(owner?: Owner): Promise<pg.PoolClient> {
    tidy();
    if (taken >= max) return waitForOne(owner);
    taken += 1;
    try {
      for (;;) {
        const client = await pool.connect();
        if (await works(client)) return client;
        client.release(true);
      }
    } catch (error) {
      taken -= 1;
      tellNext();
      throw error;
    }
  }

  function waitForOne(owner: Owner): Promise<pg.PoolClient> {
    const isFull = waiting.size >= MAX_WAITING || waiting.waitingOf(owner) >= MAX_WAITING_OF_OWNER;
    if (isFull) throw busy();
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(limit);
        leave();
      };
      const use = (client: pg.PoolClient | Promise<pg.PoolClient>) => {
        end();
        resolve(client);
      };
      const limit = setTimeout(() => {
        end();
        // A server that is silent keeps all connections in use as well.
        const isThere = performance.now() - answeredAt < FRESH_MS;
        reject(isThere ? busy() : new Error("timeout exceeded when trying to connect"));
      }, waitMs);
      const leave = waiting.wait(owner, use);
    });
  }

  /** True for one that was just opened, or used a moment ago. */
  function isTrusted(client: pg.PoolClient): boolean {
    const now = performance.now();
    return now - (usedAt.get(client) ?? now) < TRUSTED_MS;
  }

  function release(client: pg.PoolClient, isBroken: boolean): void {
    client.release(isBroken);
    taken -= 1;
    tellNext();
  }

  /** There is room in the pool. */
  function tellNext(): void {
    waiting.next()?.(takeFromPool());
  }

  /** Gives back to the pool what was not used for a while. */
  function tidy(): void {
    clearTimeout(tidying);
    const trusted = atHand.findIndex(isTrusted);
    const old = atHand.splice(0, trusted === -1 ? atHand.length : trusted);
    for (const client of old) release(client, false);
    tidying = atHand.length > 0 ? setTimeout(tidy, TRUSTED_MS).unref() : undefined;
  }

  function forget(client: pg.PoolClient): void {
    const at = atHand.indexOf(client);
    if (at === -1) return;
    atHand.splice(at, 1);
    release(client, true);
  }

  /**
   * Whether a connection still leads to the server. After the network was cut nothing tells that it
   * does not, and a query would wait for its whole time limit.
   */
  async function works(client: pg.PoolClient): Promise<boolean> {
    const since = performance.now();
    if ((usedAt.get(client) ?? since) < distrustedBefore) return false;
    if (isTrusted(client)) return true;
    try {
      const probe = { text: "select 1", query_timeout: PROBE_MS };
      await client.query(probe);
      return true;
    } catch {
      distrustedBefore = since;
      return false;
    }
  }
}

/** Every connection is in use. */
export function busy(): TransientError {
  return new TransientError(
    DATABASE_CODES.busy,
    "Every connection to the database is in use; try again in a moment.",
  );
}
