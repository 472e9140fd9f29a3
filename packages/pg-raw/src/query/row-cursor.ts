import type pg from "pg";
import { asDatabaseError, isConnectionLoss } from "../database-error.ts";
import type { ByteRow, RowReceiver } from "../protocol/row-tap.ts";
import { isUnreadable, ResultTooLargeError } from "../protocol/unreadable-result.ts";
import type { Row, Statement } from "./statement.ts";

/** The rows of a statement, read piece by piece; holds a connection until it is closed. */
export interface RowCursor {
  /**
   * The next rows, as the server sent them: as many as asked for, or fewer at the end or when they have
   * more than 32 MiB together.
   *
   * @param take gives memory for a row; when this fails, some of it may still be written to
   * @throws HonuaError `result-too-large` for a row beyond the limit
   */
  fetch(count: number, take?: (bytes: number) => Buffer): Promise<FetchedRows>;
  /** Another statement that sees the same data. */
  query(statement: Statement): Promise<readonly Row[]>;
  /** Gives the connection back, whatever became of the rows. */
  close(): Promise<void>;
}

export interface FetchedRows {
  rows: readonly ByteRow[];
  /** True: there are no more rows. */
  isEnd: boolean;
}

/** Bytes of the rows of one fetch; a single row may have more. */
const MAX_FETCH = 32 * 1024 * 1024;

/**
 * Opens a cursor in a transaction of its own. Each fetch is a statement under the statement timeout;
 * in between the server waits, however slow the reader is.
 *
 * The server sends every row of a fetch, and the size of rows is only known when they arrive. Rows
 * beyond the byte limit of a fetch are therefore skipped, not stored, and read again by the next fetch
 * from a new cursor over the same snapshot.
 *
 * @param options.maxRowBytes bytes of the largest row
 * @param options.addStatementMs gets the time of each fetch
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
    maxRowBytes,
    addStatementMs,
    settle,
    giveBack,
  }: {
    readBytes: (statement: Statement, take: RowReceiver["take"]) => Promise<readonly ByteRow[]>;
    maxRowBytes: number;
    addStatementMs: (milliseconds: number) => void;
    settle: () => Promise<void>;
    giveBack: (isBroken: boolean) => void;
  },
): Promise<RowCursor> {
  let isBroken = false;
  let isClosed = false;
  /** Rows that were returned. */
  let position = 0;
  /** True when the cursor of the server is beyond the position, because rows were skipped. */
  let isAhead = false;
  const watched = async <Result>(running: Promise<Result>): Promise<Result> => {
    const started = performance.now();
    try {
      return await running;
    } catch (error) {
      isBroken ||=
        isConnectionLoss(error) ||
        isUnreadable(error) ||
        asDatabaseError(error).code === "statement-timeout";
      throw asDatabaseError(error);
    } finally {
      addStatementMs(performance.now() - started);
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
  const declare = () => run(`declare page no scroll cursor for ${text}`, values);
  try {
    await run("begin isolation level repeatable read read only");
    await declare();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async fetch(count, take = Buffer.allocUnsafe) {
      if (isAhead) {
        await run("close page");
        await declare();
        await run(`move forward ${position} from page`);
        isAhead = false;
      }
      const wanted = Math.trunc(count);
      let used = 0;
      const takeLimited = (bytes: number) => {
        if (isAhead || (used > 0 && used + bytes > MAX_FETCH)) {
          isAhead = true;
          return undefined;
        }
        if (bytes > maxRowBytes) throw new ResultTooLargeError(maxRowBytes);
        used += bytes;
        return take(bytes);
      };
      const statement = { text: `fetch ${wanted} from page`, values: [] };
      const rows = await watched(readBytes(statement, takeLimited));
      position += rows.length;
      return { rows, isEnd: !isAhead && rows.length < wanted };
    },
    query: (statement) => run(statement.text, statement.values),
    close,
  };
}
