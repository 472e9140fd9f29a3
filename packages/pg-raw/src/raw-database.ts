import { type Log, messageOf, TransientError } from "@honua/service-kit";
import type pg from "pg";
import { asDatabaseError, DATABASE_CODES, isConnectionLoss } from "./database-error.ts";
import { slabs } from "./memory/buffer-pool.ts";
import { busy, createConnections, FRESH_MS } from "./pool/connection-pool.ts";
import type { ByteRow } from "./protocol/row-tap.ts";
import { isUnreadable, ResultTooLargeError } from "./protocol/unreadable-result.ts";
import { queryBatch } from "./query/batch-query.ts";
import { cancelOnAbort, cancelQuery } from "./query/cancel-query.ts";
import { queryBytes } from "./query/raw-query.ts";
import { openRowCursor, type RowCursor } from "./query/row-cursor.ts";
import type { Row, Statement } from "./query/statement.ts";
import { createBatching } from "./query/statement-batcher.ts";

/** A pool of connections to one database. */
export interface RawDatabase {
  /**
   * @param departure stops the query, also in the database
   * @throws HonuaError as `asDatabaseError` makes it, or `database-busy`
   */
  query(statement: Statement, departure?: Departing): Promise<readonly Row[]>;
  /**
   * The same, with the text of each value as the server sent it: in memory that whoever has read a row
   * gives back to the slabs. Short statements may go together with others, and are then not stopped.
   */
  queryBytes(statement: Statement, departure?: Departing): Promise<readonly ByteRow[]>;
  /**
   * Opens a cursor over a statement's rows. Cursors may hold half of the connections, so that slow
   * readers of long answers leave the others to short ones.
   *
   * @throws HonuaError as `query` does
   */
  openCursor(statement: Statement, departure: Departing): Promise<RowCursor>;
  /** Undefined when the database answers, else why it does not. */
  unreachable(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** The client that a statement runs for. The signal is created lazily, on its first use. */
export interface Departing extends Pick<AbortController, "signal"> {
  /** The client's identity and account; connections are divided by owner. */
  readonly owner?: StatementOwner | undefined;
}

/** The account of a client. */
export interface StatementOwner {
  /** Adds time for which a statement ran. */
  addStatementMs(milliseconds: number): void;
  /**
   * Counts an open cursor, until the returned function is called.
   *
   * @throws anything when the client has too many
   */
  openCursor(): () => void;
}

/** Statements that one connection keeps planned; each costs the server some 10 to 50 KB. */
const MAX_NAMED_STATEMENTS = 500;
/** Bytes of a result at the most, unless the caller of `openRawDatabase` sets another limit. */
const MAX_RESULT = 256 * 1024 * 1024;
/** Bytes of the results of a batch; larger ones are read alone. */
const MAX_BATCH_RESULT = 16 * 1024 * 1024;

export interface RawDatabaseOptions {
  /** How the driver connects. */
  configuration: pg.ClientConfig;
  maxConnections: number;
  /** Milliseconds that a request waits for a connection. */
  waitMs: number;
  /** Milliseconds after which an unused connection is closed. */
  idleTimeoutMs: number;
  /**
   * True for a server whose connections share one session, such as PGlite. It is used over one
   * connection, with unnamed statements, and statements are neither batched nor cancelled.
   */
  isSingleSession?: boolean;
  /** Maximum bytes of a result that is read as bytes, and of a row of a cursor. */
  maxResultBytes?: number;
}

/** Creates a pool of connections, which are opened on first use. */
export function openRawDatabase(options: RawDatabaseOptions, log: Log): RawDatabase {
  const { configuration, isSingleSession = false, maxResultBytes = MAX_RESULT } = options;
  const max = isSingleSession ? 1 : options.maxConnections;
  const connections = createConnections({
    configuration,
    max,
    waitMs: options.waitMs,
    idleTimeoutMs: options.idleTimeoutMs,
    log,
  });
  // What PGlite's connections share is one session, which takes one statement at a time.
  const batching = isSingleSession
    ? undefined
    : createBatching({
        connections,
        // The others are left to long statements.
        atOnce: Math.max(1, Math.floor(max / 4)),
        send: (client, statements, answered) => {
          const named = statements.map((statement) => namedWhereKept(client, statement));
          return queryBatch(client, named, limitedTake(slabs.take, MAX_BATCH_RESULT), answered);
        },
        stop: (client) => cancelQuery(client, configuration),
        isBroken: leavesBroken,
      });
  const named = new WeakMap<pg.PoolClient, Set<string>>();
  const maxCursors = Math.max(1, Math.floor(max / 2));
  /** Cursors of one client: if there are several, one of them is left to other clients. */
  const maxCursorsOfOwner = maxCursors < 3 ? maxCursors : maxCursors - 1;
  const cursorsOfOwner = new WeakMap<StatementOwner, number>();
  let cursors = 0;

  return {
    query: (statement, departure) => readTwice(statement, departure, queryRows),
    async queryBytes(statement, departure) {
      const answered = statement.isShort && batching ? await readTogether(statement) : undefined;
      return answered ?? readTwice(statement, departure, readBytes);
    },
    async openCursor(statement, departure) {
      const { owner } = departure;
      const own = (change: number) => {
        const count = (owner && cursorsOfOwner.get(owner)) ?? 0;
        if (owner) cursorsOfOwner.set(owner, count + change);
        return count;
      };
      if (cursors >= maxCursors) throw busy();
      if (own(0) >= maxCursorsOfOwner) throw tooManyCursors();
      const closed = owner?.openCursor();
      cursors += 1;
      own(1);
      let isCounted = true;
      const uncount = () => {
        if (!isCounted) return;
        isCounted = false;
        cursors -= 1;
        own(-1);
        closed?.();
      };
      try {
        const cursor = await cursorOnce(statement, departure).catch((error: unknown) => {
          if (!isConnectionLoss((error as Error).cause ?? error)) throw error;
          return cursorOnce(statement, departure);
        });
        return {
          ...cursor,
          close() {
            uncount();
            return cursor.close();
          },
        };
      } catch (error) {
        uncount();
        throw asDatabaseError(error);
      }
    },
    async unreachable() {
      if (connections.silentMs() < FRESH_MS) return undefined;
      try {
        await readOnce({ text: "select 1", values: [] }, undefined, queryRows);
        return undefined;
      } catch (error) {
        const known = asDatabaseError(error);
        // Connections that are all in use do work.
        return known.code === DATABASE_CODES.busy ? undefined : known.message;
      }
    },
    close: () => connections.close(),
  };

  async function readTogether(statement: Statement): Promise<readonly ByteRow[] | undefined> {
    try {
      return await batching?.ask(statement);
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  /** A pooled connection may have died since its last use. Reading twice does no harm. */
  async function readTwice<Result>(
    statement: Statement,
    departure: Departing | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    try {
      return await readOnce(statement, departure, read);
    } catch (error) {
      if (!isConnectionLoss(error)) throw asDatabaseError(error);
    }
    try {
      return await readOnce(statement, departure, read);
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async function readOnce<Result>(
    statement: Statement,
    departure: Departing | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    const signal = departure?.signal;
    const owner = departure?.owner;
    const client = await connections.take(owner);
    const settled = signal && !isSingleSession && cancelOnAbort(client, signal, configuration);
    let preempted: (() => Promise<void>) | undefined;
    const letGo = connections.hold(
      owner,
      isSingleSession
        ? undefined
        : () => {
            preempted = cancelQuery(client, configuration);
          },
    );
    const started = performance.now();
    const end = async (isBroken: boolean) => {
      owner?.addStatementMs(performance.now() - started);
      if (settled) await settled();
      if (preempted) await preempted();
      letGo();
      connections.giveBack(client, isBroken);
    };
    try {
      signal?.throwIfAborted();
      const result = await read(client, namedWhereKept(client, statement));
      await end(false);
      return result;
    } catch (error) {
      await end(leavesBroken(error));
      throw preempted && asDatabaseError(error).code === DATABASE_CODES.timeout
        ? stoppedForOthers(error)
        : error;
    }
  }

  async function cursorOnce(
    statement: Statement,
    { signal, owner }: Departing,
  ): Promise<RowCursor> {
    const client = await connections.take(owner);
    const settled = isSingleSession
      ? async () => undefined
      : cancelOnAbort(client, signal, configuration);
    const letGo = connections.hold(owner);
    return openRowCursor(client, statement, {
      readBytes: (fetch, take) => queryBytes(client, fetch, take),
      maxRowBytes: Math.min(maxResultBytes, statement.maxBytes ?? maxResultBytes),
      addStatementMs: (milliseconds) => owner?.addStatementMs(milliseconds),
      settle: settled,
      giveBack(isBroken) {
        letGo();
        connections.giveBack(client, isBroken);
      },
    });
  }

  function readBytes(client: pg.PoolClient, statement: Statement): Promise<readonly ByteRow[]> {
    const limit = Math.min(maxResultBytes, statement.maxBytes ?? maxResultBytes);
    return queryBytes(client, statement, limitedTake(slabs.take, limit));
  }

  /** Without its name on a connection that keeps no more plans, or none. */
  function namedWhereKept(client: pg.PoolClient, statement: Statement): Statement {
    if (statement.name === undefined) return statement;
    if (!isSingleSession && keepsName(client, statement.name)) return statement;
    const { name: _, ...unnamed } = statement;
    return unnamed;
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

/**
 * Memory for rows up to a limit.
 *
 * @param limit bytes of all rows together
 */
function limitedTake(take: (bytes: number) => Buffer, limit: number): (bytes: number) => Buffer {
  let used = 0;
  return (bytes) => {
    used += bytes;
    if (used > limit) throw new ResultTooLargeError(limit);
    return take(bytes);
  };
}

function tooManyCursors(): TransientError {
  return new TransientError(
    DATABASE_CODES.cursors,
    "You are reading as many long responses at once as this server allows one client; finish one of them first.",
  );
}

/** A long statement was stopped because another client waited for its connection. */
function stoppedForOthers(cause: unknown): TransientError {
  return new TransientError(
    DATABASE_CODES.preempted,
    "This query was stopped because it ran long while other clients waited for a connection; ask for less, or for one page at a time.",
    { cause },
  );
}

/** True for an error after which a connection is of no more use. */
function leavesBroken(error: unknown): boolean {
  // When the driver stopped waiting, the connection still is in the middle of the query.
  return (
    isConnectionLoss(error) || isUnreadable(error) || messageOf(error) === "Query read timeout"
  );
}
