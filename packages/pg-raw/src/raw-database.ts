import type { Log } from "@honua/service-kit";
import type pg from "pg";
import type { ClientAbort } from "./client-abort.ts";
import { statementPreempted } from "./errors/capacity-errors.ts";
import {
  asDatabaseError,
  DATABASE_CODES,
  isConnectionLoss,
  isConnectionUnusable,
} from "./errors/database-error.ts";
import { type BufferPool, bufferPool } from "./memory/buffer-pool.ts";
import { ConnectionPool } from "./pool/connection-pool.ts";
import { queryBatch } from "./query/batch-query.ts";
import { cancelQuery } from "./query/cancel-query.ts";
import { ConnectionUse } from "./query/connection-use.ts";
import { CursorLimiter } from "./query/cursor-limiter.ts";
import { NamedStatements } from "./query/named-statements.ts";
import { queryBytes } from "./query/raw-query.ts";
import { RowCursor } from "./query/row-cursor.ts";
import { type LeasedRows, LimitedRowMemory } from "./query/row-memory.ts";
import { StatementBatcher } from "./query/statement-batcher.ts";
import type { Row, Statement } from "./statement.ts";

/** A pool of connections to one database. */
export interface RawDatabase {
  /**
   * Reads rows as the driver decodes them.
   *
   * @param clientAbort cancels the statement, also in the database, when its client disconnects
   * @throws HonuaError as `asDatabaseError` makes it, or `database-busy`
   */
  query(statement: Statement, clientAbort?: ClientAbort): Promise<readonly Row[]>;
  /**
   * Reads rows with the text of each value as the server sent it. The caller owns the returned lease.
   * Short statements may be sent in a batch with others, and are then not cancelled.
   *
   * @throws HonuaError as `query` does
   */
  queryBytes(statement: Statement, clientAbort?: ClientAbort): Promise<LeasedRows>;
  /**
   * Opens a cursor over the rows of a statement. The number of open cursors is limited; see
   * `CursorLimiter`.
   *
   * @throws HonuaError as `query` does
   */
  openCursor(statement: Statement, clientAbort: ClientAbort): Promise<RowCursor>;
  /** Why the database cannot be reached; undefined if it can. */
  unreachableReason(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Default limit for the bytes of a result. */
const MAX_RESULT = 256 * 1024 * 1024;
/** Maximum bytes of all results of a batch. Larger results are read without a batch. */
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
  /** Memory for rows. The default is the pool that everything in the process shares. */
  bufferPool?: BufferPool;
}

/** Creates a pool of connections, which are opened on first use. */
export function openRawDatabase(options: RawDatabaseOptions, log: Log): RawDatabase {
  return new PooledDatabase(options, log);
}

/** Reads the result of a statement over a connection. */
type Read<Result> = (connection: pg.PoolClient, statement: Statement) => Promise<Result>;

class PooledDatabase implements RawDatabase {
  readonly #bufferPool: BufferPool;
  readonly #maxResultBytes: number;
  /** How to connect to cancel a statement; undefined if the server cannot cancel statements. */
  readonly #cancelConfiguration: pg.ClientConfig | undefined;
  readonly #pool: ConnectionPool;
  readonly #batcher: StatementBatcher | undefined;
  readonly #named: NamedStatements;
  readonly #cursors: CursorLimiter;

  constructor(options: RawDatabaseOptions, log: Log) {
    const { configuration, waitMs, idleTimeoutMs, isSingleSession = false } = options;
    const maxConnections = isSingleSession ? 1 : options.maxConnections;
    this.#bufferPool = options.bufferPool ?? bufferPool;
    this.#maxResultBytes = options.maxResultBytes ?? MAX_RESULT;
    this.#cancelConfiguration = isSingleSession ? undefined : configuration;
    this.#pool = new ConnectionPool({ configuration, maxConnections, waitMs, idleTimeoutMs, log });
    this.#named = isSingleSession ? new NamedStatements(0) : new NamedStatements();
    this.#cursors = new CursorLimiter(maxConnections);
    this.#batcher = isSingleSession
      ? undefined
      : new StatementBatcher({
          pool: this.#pool,
          // The other connections are left to long statements.
          maxBatches: Math.max(1, Math.floor(maxConnections / 4)),
          send: (client, statements, onResult) => {
            const named = statements.map((each) => this.#named.forConnection(client, each));
            const memory = new LimitedRowMemory(this.#bufferPool, MAX_BATCH_RESULT);
            return queryBatch(client, named, memory, onResult);
          },
          cancel: (client) => cancelQuery(client, configuration),
          isConnectionUnusable,
        });
  }

  query(statement: Statement, clientAbort?: ClientAbort): Promise<readonly Row[]> {
    return this.#readWithRetry(statement, clientAbort, readDecoded);
  }

  async queryBytes(statement: Statement, clientAbort?: ClientAbort): Promise<LeasedRows> {
    const batched = statement.isShort ? await this.#readInBatch(statement) : undefined;
    return batched ?? this.#readWithRetry(statement, clientAbort, this.#readBytes);
  }

  async openCursor(statement: Statement, clientAbort: ClientAbort): Promise<RowCursor> {
    const onClose = this.#cursors.open(clientAbort.owner);
    try {
      return await this.#openCursorOnce(statement, clientAbort, onClose).catch((error: unknown) => {
        if (!isConnectionLoss((error as Error).cause ?? error)) throw error;
        return this.#openCursorOnce(statement, clientAbort, onClose);
      });
    } catch (error) {
      onClose();
      throw asDatabaseError(error);
    }
  }

  async unreachableReason(): Promise<string | undefined> {
    if (this.#pool.isServerReachable()) return undefined;
    try {
      await this.#readOnce({ text: "select 1", values: [] }, undefined, readDecoded);
      return undefined;
    } catch (error) {
      const known = asDatabaseError(error);
      // If all connections are in use, the database is reachable.
      return known.code === DATABASE_CODES.busy ? undefined : known.message;
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #readInBatch(statement: Statement): Promise<LeasedRows | undefined> {
    try {
      return await this.#batcher?.query(statement);
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  /** Reads again if the connection was lost, because an idle connection may have died unnoticed. */
  async #readWithRetry<Result>(
    statement: Statement,
    clientAbort: ClientAbort | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    try {
      return await this.#readOnce(statement, clientAbort, read);
    } catch (error) {
      if (!isConnectionLoss(error)) throw asDatabaseError(error);
    }
    try {
      return await this.#readOnce(statement, clientAbort, read);
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async #readOnce<Result>(
    statement: Statement,
    clientAbort: ClientAbort | undefined,
    read: Read<Result>,
  ): Promise<Result> {
    const use = await this.#beginUse(clientAbort, { isPreemptible: true });
    const started = performance.now();
    const end = async (isBroken: boolean) => {
      clientAbort?.owner?.addStatementMs(performance.now() - started);
      await use.settle();
      use.release(isBroken);
    };
    try {
      clientAbort?.signal.throwIfAborted();
      const { connection } = use;
      const result = await read(connection, this.#named.forConnection(connection, statement));
      await end(false);
      return result;
    } catch (error) {
      await end(isConnectionUnusable(error));
      throw use.isPreempted && asDatabaseError(error).code === DATABASE_CODES.timeout
        ? statementPreempted(error)
        : error;
    }
  }

  async #openCursorOnce(
    statement: Statement,
    clientAbort: ClientAbort,
    onClose: () => void,
  ): Promise<RowCursor> {
    // A cursor is idle while its client reads, so there is often no statement to cancel.
    const use = await this.#beginUse(clientAbort, { isPreemptible: false });
    return RowCursor.open(statement, {
      connection: use.connection,
      bufferPool: this.#bufferPool,
      maxRowBytes: this.#limitOf(statement),
      addStatementMs: (milliseconds) => clientAbort.owner?.addStatementMs(milliseconds),
      settle: () => use.settle(),
      onClose,
      release: (isBroken) => use.release(isBroken),
    });
  }

  #beginUse(
    clientAbort: ClientAbort | undefined,
    { isPreemptible }: { isPreemptible: boolean },
  ): Promise<ConnectionUse> {
    const cancelConfiguration = this.#cancelConfiguration;
    return ConnectionUse.begin(this.#pool, clientAbort, { isPreemptible, cancelConfiguration });
  }

  readonly #readBytes: Read<LeasedRows> = (connection, statement) => {
    const memory = new LimitedRowMemory(this.#bufferPool, this.#limitOf(statement));
    return queryBytes(connection, statement, memory);
  };

  #limitOf({ maxBytes }: Statement): number {
    return Math.min(this.#maxResultBytes, maxBytes ?? this.#maxResultBytes);
  }
}

/** Reads rows as the driver decodes them. */
async function readDecoded(
  client: pg.PoolClient,
  { text, values, name }: Statement,
): Promise<readonly Row[]> {
  const named = name === undefined ? {} : { name };
  return (await client.query<Row>({ text, values: values as unknown[], ...named })).rows;
}
