import type pg from "pg";
import type { ByteRow, RowReceiver } from "../protocol/row-tap.ts";
import {
  type Connection,
  sendStatement,
  submitTogether,
  tappedConnection,
} from "../protocol/tapped-connection.ts";
import type { Statement } from "./statement.ts";

/** Types of the messages of PostgreSQL (55.7) that end a statement, or a part of it. */
const PARSE_COMPLETE = 0x31;
const ERROR_RESPONSE = 0x45;
const READY_FOR_QUERY = 0x5a;
/** ReadyForQuery outside of a transaction. */
const READY = Buffer.from("Z\0\0\0\x05I", "latin1");

/**
 * Sends several statements together over one connection, which answers them one after the other. Each
 * ends with a Sync, so that one which fails does not fail the others.
 *
 * @param take gives memory for a row
 * @param answered gets the rows of each statement, in order and as soon as it has them; undefined for
 *   one that failed
 * @throws what the driver throws when the connection is lost or silent for too long
 */
export function queryBatch(
  client: pg.PoolClient,
  statements: readonly Statement[],
  take: RowReceiver["take"],
  answered: (rows: readonly ByteRow[] | undefined) => void,
): Promise<void> {
  const { tap, toDriver } = tappedConnection(client);
  return new Promise((resolve, reject) => {
    let rows: ByteRow[] = [];
    let isRefused = false;
    let answers = 0;
    const begin = () =>
      tap.open({
        take,
        row: (row) => rows.push(row),
        message(type) {
          if (type === PARSE_COMPLETE) batch.noteParsed(answers);
          if (type === ERROR_RESPONSE) isRefused = true;
          if (type !== READY_FOR_QUERY) return;
          const own = isRefused ? undefined : rows;
          rows = [];
          isRefused = false;
          answers += 1;
          answered(own);
          // To the driver the batch is one query.
          if (answers === statements.length) toDriver(READY);
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

/** A batch as the driver takes a query. */
class Batch {
  readonly #statements: readonly Statement[];
  readonly #begin: () => void;
  #parsed: Connection["parsedStatements"] = {};
  callback: (error: Error | null | undefined) => void;

  /**
   * @param begin called when the connection has done what it did before: the driver hands it on at an
   *   error, of which the end may still be on its way, and would be taken for the first answer's
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

  /** The server has parsed the statement at a position. */
  noteParsed(position: number): void {
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
