import type pg from "pg";
import { asDatabaseError, isConnectionLoss } from "../errors/database-error.ts";
import { isUnreadable, ResultTooLargeError } from "../errors/unreadable-result.ts";
import { Arena } from "../memory/arena.ts";
import type { BufferPool } from "../memory/buffer-pool.ts";
import { Lease } from "../memory/lease.ts";
import type { ByteRow } from "../protocol/row-tap.ts";
import type { Row, Statement } from "../statement.ts";
import { queryBytes } from "./raw-query.ts";
import type { LeasedRows, RowMemory } from "./row-memory.ts";

/** The rows of one fetch. */
export interface FetchedRows {
  rows: LeasedRows;
  /** True if there are no more rows. */
  isEnd: boolean;
}

/** Maximum bytes of the rows of one fetch. A single row may have more. */
const MAX_FETCH = 32 * 1024 * 1024;

export interface RowCursorOptions {
  connection: pg.PoolClient;
  bufferPool: BufferPool;
  /** Maximum bytes of a row. */
  maxRowBytes: number;
  /** Receives the time of each statement. */
  addStatementMs(milliseconds: number): void;
  /** Waits until no pending cancellation can reach a later statement of the connection. */
  settle(): Promise<void>;
  /** Called as soon as an open cursor is closed, before its transaction has ended. */
  onClose(): void;
  /** Releases the connection. */
  release(isBroken: boolean): void;
}

/**
 * Reads the rows of a statement in pieces, and holds a connection until it is closed.
 *
 * The cursor has a transaction of its own. Each fetch is a statement under the statement timeout. Between
 * two fetches the server waits, however slow the reader is.
 *
 * The server sends every row of a fetch, and the size of a row is only known when it arrives. Rows beyond
 * the byte limit of a fetch are therefore skipped, not stored. The next fetch reads them again from a new
 * cursor over the same snapshot.
 */
export class RowCursor {
  readonly #options: RowCursorOptions;
  readonly #statement: Statement;
  /** Number of rows that were returned. */
  #position = 0;
  /** True if the cursor of the server is beyond the position, because rows were skipped. */
  #isAhead = false;
  #isBroken = false;
  #hasEnded = false;

  private constructor(statement: Statement, options: RowCursorOptions) {
    this.#statement = statement;
    this.#options = options;
  }

  /** @throws HonuaError as `asDatabaseError` makes it */
  static async open(statement: Statement, options: RowCursorOptions): Promise<RowCursor> {
    const cursor = new RowCursor(statement, options);
    try {
      await cursor.#run("begin isolation level repeatable read read only");
      await cursor.#declare();
      return cursor;
    } catch (error) {
      await cursor.#end();
      throw error;
    }
  }

  /**
   * Reads the next rows: `count` rows, or fewer at the end or when they exceed 32 MiB together.
   *
   * @throws HonuaError `result-too-large` for a row beyond the limit
   */
  async fetch(count: number): Promise<FetchedRows> {
    if (this.#isAhead) await this.#moveBack();
    const wanted = Math.trunc(count);
    const { connection, bufferPool, maxRowBytes } = this.#options;
    const memory = new FetchMemory(bufferPool, maxRowBytes);
    const statement = { text: `fetch ${wanted} from page`, values: [] };
    const rows = await this.#watch(queryBytes(connection, statement, memory));
    this.#isAhead = memory.hasSkipped;
    this.#position += rows.value.length;
    return { rows, isEnd: !this.#isAhead && rows.value.length < wanted };
  }

  /** Runs another statement on the same snapshot. */
  query(statement: Statement): Promise<readonly Row[]> {
    return this.#run(statement.text, statement.values);
  }

  /** Releases the connection. Further calls have no effect. */
  async close(): Promise<void> {
    this.#options.onClose();
    await this.#end();
  }

  async #end(): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    await this.#options.settle();
    if (!this.#isBroken) await this.#run("rollback").catch(() => undefined);
    this.#options.release(this.#isBroken);
  }

  async #declare(): Promise<void> {
    const { text, values } = this.#statement;
    await this.#run(`declare page no scroll cursor for ${text}`, values);
  }

  /** Opens the cursor of the server again, at the position. */
  async #moveBack(): Promise<void> {
    await this.#run("close page");
    await this.#declare();
    await this.#run(`move forward ${this.#position} from page`);
    this.#isAhead = false;
  }

  async #run(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const { connection } = this.#options;
    return (await this.#watch(connection.query<Row>({ text, values: [...values] }))).rows;
  }

  /** Adds up the time of a statement, and records whether the connection survived it. */
  async #watch<Result>(running: Promise<Result>): Promise<Result> {
    const started = performance.now();
    try {
      return await running;
    } catch (error) {
      this.#isBroken ||=
        isConnectionLoss(error) ||
        isUnreadable(error) ||
        asDatabaseError(error).code === "statement-timeout";
      throw asDatabaseError(error);
    } finally {
      this.#options.addStatementMs(performance.now() - started);
    }
  }
}

/** The memory of one fetch. Its rows share the chunks of an arena. */
class FetchMemory implements RowMemory {
  readonly #arena: Arena;
  readonly #maxRowBytes: number;
  #usedBytes = 0;
  hasSkipped = false;

  constructor(pool: BufferPool, maxRowBytes: number) {
    this.#arena = new Arena(pool);
    this.#maxRowBytes = maxRowBytes;
  }

  /** @throws ResultTooLargeError */
  acquire(bytes: number): Buffer | undefined {
    if (this.hasSkipped || (this.#usedBytes > 0 && this.#usedBytes + bytes > MAX_FETCH)) {
      this.hasSkipped = true;
      return undefined;
    }
    if (bytes > this.#maxRowBytes) throw new ResultTooLargeError(this.#maxRowBytes);
    this.#usedBytes += bytes;
    return this.#arena.acquire(bytes);
  }

  lease(rows: readonly ByteRow[]): LeasedRows {
    return new Lease(rows, this.#arena);
  }
}
