import type pg from "pg";
import type { ByteRow, RowReceiver } from "../protocol/row-tap.ts";
import {
  type Connection,
  sendStatement,
  submitTogether,
  tappedConnection,
} from "../protocol/tapped-connection.ts";
import type { Statement } from "./statement.ts";

/**
 * Reads the rows of a statement as bytes, over a connection of the driver. The driver decodes every
 * value to a string, which for text that is only sent on is work done to be undone: without it a page
 * of a thousand features takes the process half the time.
 *
 * @param take gives memory for a row
 * @throws what the driver throws
 */
export function queryBytes(
  client: pg.PoolClient,
  statement: Statement,
  take: RowReceiver["take"],
): Promise<ByteRow[]> {
  const { tap } = tappedConnection(client);
  return new Promise((resolve, reject) => {
    const rows: ByteRow[] = [];
    const begin = () => tap.open({ take, row: (row) => rows.push(row) });
    const query = new ByteQuery(statement, begin, (error) => {
      tap.open(undefined);
      if (error) reject(error);
      else resolve(rows);
    });
    client.query(query as unknown as pg.Submittable);
  });
}

/** A query as the driver's clients take them from others (`pg-cursor` is one). */
class ByteQuery {
  readonly statement: Statement;
  /** Of the statement; the driver notes under them what the server has parsed. */
  readonly text: string;
  readonly name: string | undefined;
  readonly #begin: () => void;
  callback: (error: Error | null | undefined) => void;

  /** @param begin called when the connection has done what it did before */
  constructor(
    statement: Statement,
    begin: () => void,
    callback: (error: Error | null | undefined) => void,
  ) {
    this.statement = statement;
    this.#begin = begin;
    this.text = statement.text;
    this.name = statement.name;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    this.#begin();
    const { statement, name } = this;
    const isParsed = name !== undefined && connection.parsedStatements[name] !== undefined;
    submitTogether(connection, () => sendStatement(connection, statement, isParsed));
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback(null);
  }

  handleCommandComplete(): void {}

  handleEmptyQuery(): void {}
}
