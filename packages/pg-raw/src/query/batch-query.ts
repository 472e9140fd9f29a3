import type pg from "pg";
import type { ByteRow } from "../protocol/row-tap.ts";
import {
  type Connection,
  sendStatement,
  submitTogether,
  tappedConnection,
} from "../protocol/tapped-connection.ts";
import type { Statement } from "../statement.ts";
import type { LeasedRows, RowMemory } from "./row-memory.ts";

/** Types of the messages of PostgreSQL (55.7) that end a statement or a part of it. */
const PARSE_COMPLETE = 0x31;
const ERROR_RESPONSE = 0x45;
const READY_FOR_QUERY = 0x5a;
/** ReadyForQuery outside of a transaction. */
const READY = Buffer.from("Z\0\0\0\x05I", "latin1");

/**
 * Sends several statements together over one connection, which processes them one after the other. Each
 * ends with a Sync, so that a statement that fails does not fail the others.
 *
 * @param memory of all results together
 * @param onResult receives the rows of each statement in order, as soon as they are complete; undefined
 *   for a statement that failed
 * @throws errors of the driver when the connection is lost or silent for too long
 */
export function queryBatch(
  client: pg.PoolClient,
  statements: readonly Statement[],
  memory: RowMemory,
  onResult: (rows: LeasedRows | undefined) => void,
): Promise<void> {
  const { tap, toDriver } = tappedConnection(client);
  return new Promise((resolve, reject) => {
    let rows: ByteRow[] = [];
    let hasFailed = false;
    let completed = 0;
    const begin = () =>
      tap.open({
        acquire: (bytes) => memory.acquire(bytes),
        row: (row) => rows.push(row),
        message(type) {
          if (type === PARSE_COMPLETE) batch.recordParsed(completed);
          if (type === ERROR_RESPONSE) hasFailed = true;
          if (type !== READY_FOR_QUERY) return;
          const leased = memory.lease(rows);
          if (hasFailed) leased.release();
          const result = hasFailed ? undefined : leased;
          rows = [];
          hasFailed = false;
          completed += 1;
          onResult(result);
          // For the driver the batch is one query.
          if (completed === statements.length) toDriver(READY);
        },
      });
    const batch = new Batch(statements, begin, (error) => {
      tap.open(undefined);
      if (error) reject(error);
      else resolve();
    });
    client.query(batch as unknown as pg.Submittable);
  });
}

/** A batch in the form of a query that the driver accepts. */
class Batch {
  readonly #statements: readonly Statement[];
  readonly #begin: () => void;
  #parsed: Connection["parsedStatements"] = {};
  callback: (error: Error | null | undefined) => void;

  /**
   * @param begin called when the connection has completed the previous query. The driver reports an
   *   error before it has received the ReadyForQuery that follows, which would otherwise be counted as
   *   the end of the first statement.
   */
  constructor(
    statements: readonly Statement[],
    begin: () => void,
    callback: (error: Error | null | undefined) => void,
  ) {
    this.#statements = statements;
    this.#begin = begin;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    this.#begin();
    this.#parsed = connection.parsedStatements;
    const sent = new Set<string>();
    submitTogether(connection, () => {
      for (const statement of this.#statements) {
        const { name } = statement;
        const isParsed = name !== undefined && (sent.has(name) || this.#parsed[name] !== undefined);
        sendStatement(connection, statement, isParsed);
        if (name !== undefined) sent.add(name);
      }
    });
  }

  /** Records that the server has parsed the statement at a position. */
  recordParsed(position: number): void {
    const { name, text } = this.#statements[position] ?? {};
    if (name !== undefined && text !== undefined) this.#parsed[name] = text;
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }
}
