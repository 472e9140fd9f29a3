import type pg from "pg";
import { executionMessage } from "./execution-message.ts";
import { ReadingSocket } from "./reading-socket.ts";
import { type ByteRow, createRowTap, type RowTap } from "./row-tap.ts";
import type { Slabs } from "./slabs.ts";
import type { Statement } from "./statement.ts";

/**
 * Reads the rows of a statement as bytes, over a connection of the driver. The driver decodes every
 * value to a string, which for text that is only sent on is work done to be undone: without it a page
 * of a thousand features takes the process half the time.
 *
 * @param slabs memory of large rows, which may be given back to it
 * @throws what the driver throws
 */
export function queryBytes(
  client: pg.PoolClient,
  statement: Statement,
  slabs: Slabs,
): Promise<ByteRow[]> {
  const tap = tapOf(client, slabs);
  return new Promise((resolve, reject) => {
    const rows: ByteRow[] = [];
    tap.open((row) => rows.push(row));
    const query = new ByteQuery(statement, (error) => {
      tap.open(undefined);
      if (error) reject(error);
      else resolve(rows);
    });
    client.query(query as unknown as pg.Submittable);
  });
}

/** What the driver's connection does for a query (`pg/lib/connection.js`). */
interface Connection {
  readonly stream: NodeJS.ReadWriteStream & { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string>>;
  parse(message: { text: string; name: string | undefined; types: undefined }): void;
}

/**
 * A query as the driver's clients take them from others (`pg-cursor` is one). It does not ask for a
 * description of the rows, which whoever wrote the statement knows.
 */
class ByteQuery {
  readonly text: string;
  readonly name: string | undefined;
  readonly values: readonly unknown[];
  readonly isBinary: boolean;
  callback: (error: Error | null | undefined) => void;

  constructor(statement: Statement, callback: (error: Error | null | undefined) => void) {
    this.text = statement.text;
    this.name = statement.name;
    this.values = statement.values;
    this.isBinary = statement.isBinary ?? false;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    const { text, name } = this;
    const message = executionMessage(name ?? "", this);
    const isParsed = name !== undefined && connection.parsedStatements[name] !== undefined;
    if (isParsed) {
      connection.stream.write(message);
      return;
    }
    connection.stream.cork();
    connection.parse({ text, name, types: undefined });
    connection.stream.write(message);
    connection.stream.uncork();
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

const taps = new WeakMap<pg.PoolClient, RowTap>();

/** Puts a tap between a connection's socket and the driver, once. */
function tapOf(client: pg.PoolClient, slabs: Slabs): RowTap {
  const known = taps.get(client);
  if (known) return known;
  const { stream } = (client as unknown as { connection: Connection }).connection;
  const [driver, ...others] = stream.listeners("data") as ((bytes: Buffer) => void)[];
  if (!driver || others.length > 0) throw new TypeError("the driver reads in another way");
  const tap = createRowTap((bytes) => driver(Buffer.from(bytes)), slabs.take);
  stream.removeListener("data", driver);
  if (stream instanceof ReadingSocket) stream.setReader(tap.feed);
  else stream.on("data", tap.feed);
  taps.set(client, tap);
  return tap;
}
