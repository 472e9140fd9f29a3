import type pg from "pg";
import type { Row } from "./database.ts";
import { asDatabaseError, isConnectionLoss } from "./database-error.ts";
import type { ByteRow, RowReceiver } from "./row-tap.ts";
import type { Statement } from "./statement.ts";

/** The rows of a statement, read piece by piece; holds a connection until it is closed. */
export interface RowCursor {
  /**
   * The next rows, as the server sent them; fewer than asked for at the end.
   *
   * @param take gives memory for a row; when this fails, some of it may still be written to
   */
  fetch(count: number, take?: RowReceiver["take"]): Promise<readonly ByteRow[]>;
  /** Another statement that sees the same data. */
  query(statement: Statement): Promise<readonly Row[]>;
  /** Gives the connection back, whatever became of the rows. */
  close(): Promise<void>;
}

/**
 * Opens a cursor in a transaction of its own. Each fetch is a statement under the statement timeout;
 * in between the server waits, however slow the reader is.
 *
 * @param options.readBytes reads a statement over the connection
 * @param options.settle what to wait for before the connection may be used for anything else
 * @param options.giveBack takes the connection back, which may be of no more use
 * @throws HonuaError as `asDatabaseError` makes it
 */
export async function openRowCursor(
  client: pg.PoolClient,
  { text, values }: Statement,
  {
    readBytes,
    settle,
    giveBack,
  }: {
    readBytes: (statement: Statement, take: RowReceiver["take"]) => Promise<readonly ByteRow[]>;
    settle: () => Promise<void>;
    giveBack: (isBroken: boolean) => void;
  },
): Promise<RowCursor> {
  let isBroken = false;
  let isClosed = false;
  const watched = async <Result>(running: Promise<Result>): Promise<Result> => {
    try {
      return await running;
    } catch (error) {
      isBroken ||= isConnectionLoss(error) || asDatabaseError(error).code === "statement-timeout";
      throw asDatabaseError(error);
    }
  };
  const run = async (sql: string, bound: readonly unknown[] = []) =>
    (await watched(client.query<Row>({ text: sql, values: [...bound] }))).rows;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await settle();
    if (!isBroken) await run("rollback").catch(() => undefined);
    giveBack(isBroken);
  };
  try {
    await run("begin isolation level repeatable read read only");
    await run(`declare page no scroll cursor for ${text}`, values);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    fetch: (count, take = Buffer.allocUnsafe) =>
      watched(readBytes({ text: `fetch ${Math.trunc(count)} from page`, values: [] }, take)),
    query: (statement) => run(statement.text, statement.values),
    close,
  };
}
