import type pg from "pg";
import { connectionsBusy } from "../errors/capacity-errors.ts";
import type { ConnectionPool } from "../pool/connection-pool.ts";
import type { Statement } from "../statement.ts";
import { LongStatements } from "./long-statements.ts";
import type { LeasedRows } from "./row-memory.ts";
import { watchForStall } from "./stall-watch.ts";

/** Maximum number of statements of a batch. */
const MAX_BATCH = 16;
/** Statements that may wait. The next one is rejected immediately. */
const MAX_WAITING = 200;
/** Milliseconds after which a statement has taken long. */
const LONG_MS = 50;

/** A statement that waits for its rows. */
interface PendingStatement {
  statement: Statement;
  resolve(rows: LeasedRows | undefined): void;
  reject(error: unknown): void;
}

export interface StatementBatcherOptions {
  pool: Pick<ConnectionPool, "acquire" | "release">;
  /** Maximum number of batches that are sent at the same time. */
  maxBatches: number;
  /** Sends a batch; see `queryBatch`. */
  send(
    client: pg.PoolClient,
    statements: readonly Statement[],
    onResult: (rows: LeasedRows | undefined) => void,
  ): Promise<void>;
  /** Cancels a batch. Returns a function to await before the connection is used again. */
  cancel(client: pg.PoolClient): () => Promise<void>;
  /** True for an error after which a connection cannot be used again. */
  isConnectionUnusable(error: unknown): boolean;
}

/**
 * Sends short statements that are requested at the same moment as one message over one connection, and
 * receives one message with all results. Otherwise each of them would wake a connection of its own. For
 * a feature, this takes the process and the database little more than half the time.
 */
export class StatementBatcher {
  readonly #options: StatementBatcherOptions;
  readonly #waiting: PendingStatement[] = [];
  readonly #long = new LongStatements();
  #runningBatches = 0;
  #isSendPlanned = false;

  constructor(options: StatementBatcherOptions) {
    this.#options = options;
  }

  /**
   * Reads the rows of a statement. Returns undefined if the caller must run the statement on its own
   * connection, because it failed, recently took long, or was delayed by a statement that did.
   *
   * @throws HonuaError `database-busy`
   * @throws errors of the driver if no connection can be opened
   */
  async query(statement: Statement): Promise<LeasedRows | undefined> {
    if (this.#long.has(statement.text)) return undefined;
    if (this.#waiting.length >= MAX_WAITING) throw connectionsBusy();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ statement, resolve, reject });
      this.#planSend();
    });
  }

  /** Sends the waiting statements after all requests that have already arrived were read. */
  #planSend(): void {
    if (this.#isSendPlanned) return;
    this.#isSendPlanned = true;
    setImmediate(() => {
      this.#isSendPlanned = false;
      while (this.#waiting.length > 0 && this.#runningBatches < this.#options.maxBatches) {
        void this.#run(this.#waiting.splice(0, MAX_BATCH));
      }
    });
  }

  async #run(batch: readonly PendingStatement[]): Promise<void> {
    const { pool } = this.#options;
    const leave = this.#countRunning();
    try {
      const client = await pool.acquire();
      pool.release(client, await this.#runOver(client, batch, leave));
    } catch (error) {
      // The statements that still wait would wait for the same connection.
      for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(error);
    } finally {
      leave();
    }
  }

  /** Counts a batch as running, until the returned function is called. */
  #countRunning(): () => void {
    let isCounted = true;
    this.#runningBatches += 1;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      this.#runningBatches -= 1;
      if (this.#waiting.length > 0) this.#planSend();
    };
  }

  /**
   * Runs a batch over a connection.
   *
   * @param leave called when other batches may start, which can be long before this one ends
   * @returns true if the connection cannot be used again
   */
  async #runOver(
    client: pg.PoolClient,
    batch: readonly PendingStatement[],
    leave: () => void,
  ): Promise<boolean> {
    const statements = batch.map(({ statement }) => statement);
    let completed = 0;
    let completedAt = performance.now();
    let settle: (() => Promise<void>) | undefined;
    const excludeCurrent = () => {
      const current = statements[completed];
      if (current) this.#long.add(current.text);
    };
    const runOthersAlone = () => {
      for (const { resolve } of batch.slice(completed)) resolve(undefined);
    };
    const endWatch = watchForStall(
      () => completed,
      () => {
        excludeCurrent();
        runOthersAlone();
        leave();
        settle = this.#options.cancel(client);
      },
    );
    try {
      await this.#options.send(client, statements, (rows) => {
        const now = performance.now();
        if (now - completedAt > LONG_MS) excludeCurrent();
        completedAt = now;
        batch[completed]?.resolve(rows);
        completed += 1;
      });
      return false;
    } catch (error) {
      // The result of the current statement may be too large for a batch.
      excludeCurrent();
      return this.#options.isConnectionUnusable(error);
    } finally {
      endWatch();
      runOthersAlone();
      await settle?.();
    }
  }
}
