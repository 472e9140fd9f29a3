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

/**
 * Reads the rows of a statement as bytes over a connection of the driver. The driver decodes every value
 * to a string, which would be encoded again to send it. Without that, a page of a thousand features
 * takes the process half the time.
 *
 * @throws errors of the driver and of the memory
 */
export function queryBytes(
  client: pg.PoolClient,
  statement: Statement,
  memory: RowMemory,
): Promise<LeasedRows> {
  const { tap } = tappedConnection(client);
  return new Promise((resolve, reject) => {
    const rows: ByteRow[] = [];
    const begin = () =>
      tap.open({
        acquire: (bytes) => memory.acquire(bytes),
        row: (row) => rows.push(row),
      });
    const query = new ByteQuery(statement, begin, (error) => {
      tap.open(undefined);
      if (error) reject(error);
      else resolve(memory.lease(rows));
    });
    client.query(query as unknown as pg.Submittable);
  });
}

/** A query in the form that the driver accepts from other packages, such as `pg-cursor`. */
class ByteQuery {
  readonly statement: Statement;
  /** Text and name of the statement. The driver uses them to record the statements it has parsed. */
  readonly text: string;
  readonly name: string | undefined;
  readonly #begin: () => void;
  callback: (error: Error | null | undefined) => void;

  /** @param begin called when the connection has completed the previous query */
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
