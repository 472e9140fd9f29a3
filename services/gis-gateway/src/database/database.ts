import { type Log, messageOf } from "@honua/service-kit";
import type pg from "pg";
import { slabs } from "../memory/slabs.ts";
import { queryBatch } from "./batch-query.ts";
import { createBatching } from "./batching.ts";
import { queryBytes } from "./byte-query.ts";
import { cancelOnAbort, cancelQuery } from "./cancel-query.ts";
import { clientConfiguration, type DatabaseProfile } from "./client-configuration.ts";
import { busy, createConnections, FRESH_MS } from "./connections.ts";
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

/** Somebody who may go away before there is an answer; whoever does not ask for the signal, makes none. */
export type Departing = Pick<AbortController, "signal">;

/** Statements that one connection keeps planned; each costs the server some 10 to 50 KB. */
const MAX_NAMED_STATEMENTS = 500;

/**
 * Opens a pool on a database that answers.
 *
 * @throws HonuaError `database-unreachable`
 */
export async function openDatabase(profile: DatabaseProfile, log: Log): Promise<Database> {
  const { tls, facts } = await probeDatabase(profile);
  const max = facts.pglite ? 1 : profile.maxConnections;
  const configuration = await clientConfiguration(profile, tls);
  const connections = createConnections({
    configuration,
    max,
    waitMs: profile.connectTimeoutSeconds * 1_000,
    idleTimeoutMs: profile.idleTimeoutSeconds * 1_000,
    log,
  });
  // What PGlite's connections share is one session, which takes one statement at a time.
  const batching = facts.pglite
    ? undefined
    : createBatching({
        connections,
        // The others are left to long statements.
        atOnce: Math.max(1, Math.floor(max / 4)),
        send: (client, statements, answered) => {
          const named = statements.map((statement) => namedWhereKept(client, statement));
          return queryBatch(client, named, slabs.take, answered);
        },
        stop: (client) => cancelQuery(client, configuration),
        isBroken: leavesBroken,
      });
  const named = new WeakMap<pg.PoolClient, Set<string>>();
  const maxCursors = Math.max(1, Math.floor(max / 2));
  let cursors = 0;

  return {
    facts,
    query: (statement, departure) => readTwice(statement, departure, queryRows),
    async queryBytes(statement, departure) {
      const answered = statement.isShort && batching ? await readTogether(statement) : undefined;
      return answered ?? readTwice(statement, departure, readBytes);
    },
    async openCursor(statement, { signal }) {
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
    const signal = departure?.signal;
    try {
      return await readOnce(statement, signal, read);
    } catch (error) {
      if (!isConnectionLoss(error)) throw asDatabaseError(error);
    }
    try {
      return await readOnce(statement, signal, read);
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async function readOnce<Result>(
    statement: Statement,
    signal: AbortSignal | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    const client = await connections.take();
    const settled = signal && !facts.pglite && cancelOnAbort(client, signal, configuration);
    try {
      signal?.throwIfAborted();
      const result = await read(client, namedWhereKept(client, statement));
      if (settled) await settled();
      connections.giveBack(client, false);
      return result;
    } catch (error) {
      if (settled) await settled();
      connections.giveBack(client, leavesBroken(error));
      throw error;
    }
  }

  async function cursorOnce(statement: Statement, signal: AbortSignal): Promise<RowCursor> {
    const client = await connections.take();
    const settled = facts.pglite
      ? async () => undefined
      : cancelOnAbort(client, signal, configuration);
    return openRowCursor(client, statement, {
      readBytes: (fetch, take) => queryBytes(client, fetch, take),
      settle: settled,
      giveBack: (isBroken) => connections.giveBack(client, isBroken),
    });
  }

  /** Without its name on a connection that keeps no more plans, or none. */
  function namedWhereKept(client: pg.PoolClient, statement: Statement): Statement {
    if (statement.name === undefined) return statement;
    if (!facts.pglite && keepsName(client, statement.name)) return statement;
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

function readBytes(client: pg.PoolClient, statement: Statement): Promise<readonly ByteRow[]> {
  return queryBytes(client, statement, slabs.take);
}

/** True for an error after which a connection is of no more use. */
function leavesBroken(error: unknown): boolean {
  // When the driver stopped waiting, the connection still is in the middle of the query.
  return isConnectionLoss(error) || messageOf(error) === "Query read timeout";
}
