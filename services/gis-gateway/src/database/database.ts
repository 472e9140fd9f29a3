import { type Log, messageOf, TransientError } from "@honua/service-kit";
import pg from "pg";
import { queryBytes } from "./byte-query.ts";
import { cancelOnAbort } from "./cancel-query.ts";
import { clientConfiguration, type DatabaseProfile } from "./client-configuration.ts";
import { asDatabaseError, DATABASE_CODES, isConnectionLoss } from "./database-error.ts";
import { type DatabaseFacts, probeDatabase } from "./probe-database.ts";
import { openRowCursor, type RowCursor } from "./row-cursor.ts";
import type { ByteRow } from "./row-tap.ts";
import type { Statement } from "./statement.ts";

export type Row = Readonly<Record<string, unknown>>;

/** A pool of connections to one database. */
export interface Database {
  readonly facts: DatabaseFacts;
  /**
   * @param signal stops the query, also in the database
   * @throws HonuaError as `asDatabaseError` makes it, or `database-busy`
   */
  query(statement: Statement, signal?: AbortSignal): Promise<readonly Row[]>;
  /** The same, with the text of each value as the server sent it. */
  queryBytes(statement: Statement, signal?: AbortSignal): Promise<readonly ByteRow[]>;
  /**
   * Opens a cursor over a statement's rows. Cursors may hold half of the connections, so that slow
   * readers of long answers leave the others to short ones.
   *
   * @throws HonuaError as `query` does
   */
  openCursor(statement: Statement, signal: AbortSignal): Promise<RowCursor>;
  /** Undefined when the database answers, else why it does not. */
  unreachable(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Requests that may wait for a connection; the next one is turned away at once. */
const MAX_WAITING = 200;
/** Statements that one connection keeps planned; each costs the server some 10 to 50 KB. */
const MAX_NAMED_STATEMENTS = 500;
/** Milliseconds for which an answer proves that the database is there. */
const FRESH_MS = 2_000;
/** Milliseconds for which a connection that is not used is believed to work. */
const TRUSTED_MS = 1_000;
/** Milliseconds that a connection has to show that it works. */
const PROBE_MS = 2_000;

/**
 * Opens a pool on a database that answers.
 *
 * @throws HonuaError `database-unreachable`
 */
export async function openDatabase(profile: DatabaseProfile, log: Log): Promise<Database> {
  const { tls, facts } = await probeDatabase(profile);
  const max = facts.pglite ? 1 : profile.maxConnections;
  const configuration = await clientConfiguration(profile, tls);
  const pool = new pg.Pool({
    ...configuration,
    max,
    idleTimeoutMillis: profile.idleTimeoutSeconds * 1_000,
  });
  pool.on("error", (error) => log.debug(`An idle database connection ended: ${error.message}`));
  // While a connection is in use the pool does not listen, and an error that no query gets would
  // end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const named = new WeakMap<pg.PoolClient, Set<string>>();
  const maxCursors = Math.max(1, Math.floor(max / 2));
  let cursors = 0;
  let answeredAt = performance.now();
  const usedAt = new WeakMap<pg.PoolClient, number>();
  /** Connections that were not used since are not believed to work any more. */
  let distrustedBefore = 0;

  return {
    facts,
    query: (statement, signal) => readTwice(statement, signal, queryRows),
    queryBytes: (statement, signal) => readTwice(statement, signal, queryBytes),
    async openCursor(statement, signal) {
      if (cursors >= maxCursors) throw busy();
      cursors += 1;
      try {
        const cursor = await cursorOnce(statement, signal).catch((error: unknown) => {
          if (!isConnectionLoss((error as Error).cause ?? error)) throw error;
          return cursorOnce(statement, signal);
        });
        let isOpen = true;
        return {
          ...cursor,
          close() {
            if (isOpen) cursors -= 1;
            isOpen = false;
            return cursor.close();
          },
        };
      } catch (error) {
        cursors -= 1;
        throw asDatabaseError(error);
      }
    },
    async unreachable() {
      if (performance.now() - answeredAt < FRESH_MS) return undefined;
      try {
        await readOnce({ text: "select 1", values: [] }, undefined, queryRows);
        return undefined;
      } catch (error) {
        const known = asDatabaseError(error);
        // Connections that are all in use do work.
        return known.code === DATABASE_CODES.busy ? undefined : known.message;
      }
    },
    close: () => pool.end(),
  };

  /** A pooled connection may have died since its last use. Reading twice does no harm. */
  async function readTwice<Result>(
    statement: Statement,
    signal: AbortSignal | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    try {
      return await readOnce(statement, signal, read).catch((error: unknown) => {
        if (!isConnectionLoss(error)) throw error;
        return readOnce(statement, signal, read);
      });
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async function readOnce<Result>(
    { text, values, name }: Statement,
    signal: AbortSignal | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    const client = await connect();
    const settled = signal && !facts.pglite && cancelOnAbort(client, signal, configuration);
    try {
      signal?.throwIfAborted();
      const mayBeNamed = name !== undefined && !facts.pglite && keepsName(client, name);
      const result = await read(client, mayBeNamed ? { text, values, name } : { text, values });
      if (settled) await settled();
      answeredAt = performance.now();
      usedAt.set(client, answeredAt);
      client.release();
      return result;
    } catch (error) {
      if (settled) await settled();
      client.release(isConnectionLoss(error) || isReadTimeout(error));
      throw error;
    }
  }

  async function cursorOnce(statement: Statement, signal: AbortSignal): Promise<RowCursor> {
    const client = await connect();
    const settled = facts.pglite
      ? async () => undefined
      : cancelOnAbort(client, signal, configuration);
    return openRowCursor(client, statement, settled);
  }

  async function connect(): Promise<pg.PoolClient> {
    if (pool.waitingCount >= MAX_WAITING) throw busy();
    for (;;) {
      const client = await take();
      if (await works(client)) return client;
      client.release(true);
    }
  }

  /**
   * Whether a connection still leads to the server. After the network was cut nothing tells that it
   * does not, and a query would wait for its whole time limit.
   */
  async function works(client: pg.PoolClient): Promise<boolean> {
    const now = performance.now();
    const last = usedAt.get(client) ?? now;
    usedAt.set(client, now);
    if (last < distrustedBefore) return false;
    if (now - last < TRUSTED_MS) return true;
    const probe = { text: "select 1", query_timeout: PROBE_MS };
    try {
      await client.query(probe);
      return true;
    } catch {
      distrustedBefore = now;
      return false;
    }
  }

  async function take(): Promise<pg.PoolClient> {
    try {
      return await pool.connect();
    } catch (cause) {
      // The pool says the same of a server that is silent and of one whose connections are taken.
      const waitedInVain = messageOf(cause) === "timeout exceeded when trying to connect";
      const allInUse = pool.totalCount >= max && performance.now() - answeredAt < FRESH_MS;
      throw waitedInVain && allInUse ? busy(cause) : cause;
    }
  }

  function keepsName(client: pg.PoolClient, name: string): boolean {
    const names = named.get(client) ?? new Set();
    named.set(client, names);
    if (names.size >= MAX_NAMED_STATEMENTS) return names.has(name);
    names.add(name);
    return true;
  }
}

/** Reads the result of a statement over a connection. */
type Read<Result> = (client: pg.PoolClient, statement: Statement) => Promise<Result>;

async function queryRows(
  client: pg.PoolClient,
  { text, values, name }: Statement,
): Promise<readonly Row[]> {
  const named = name === undefined ? {} : { name };
  return (await client.query<Row>({ text, values: values as unknown[], ...named })).rows;
}

function busy(cause?: unknown): TransientError {
  return new TransientError(
    DATABASE_CODES.busy,
    "Every connection to the database is in use; try again in a moment.",
    { cause },
  );
}

/** The driver stopped waiting; the connection still is in the middle of the query. */
function isReadTimeout(error: unknown): boolean {
  return messageOf(error) === "Query read timeout";
}
