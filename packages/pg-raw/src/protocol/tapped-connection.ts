import type { Duplex } from "node:stream";
import type pg from "pg";
import type { Statement } from "../query/statement.ts";
import { executionMessage } from "./execution-message.ts";
import { ReadingSocket } from "./reading-socket.ts";
import { createRowTap, type RowTap } from "./row-tap.ts";
import { asUnreadable } from "./unreadable-result.ts";

/** What the driver's connection does for a query (`pg/lib/connection.js`). */
export interface Connection {
  readonly stream: Duplex;
  /** Texts of the statements that the server has parsed, by name. */
  readonly parsedStatements: Record<string, string>;
  parse(message: { text: string; name: string | undefined; types: undefined }): void;
}

/** What a server sends over a connection of the driver, before the driver gets it. */
export interface TappedConnection {
  tap: RowTap;
  /** Lets the driver read bytes as if the server had sent them. */
  toDriver(bytes: Buffer): void;
}

const tapped = new WeakMap<pg.PoolClient, TappedConnection>();

/** Puts a tap between a connection's socket and the driver, once. */
export function tappedConnection(client: pg.PoolClient): TappedConnection {
  const known = tapped.get(client);
  if (known) return known;
  const { stream } = (client as unknown as { connection: Connection }).connection;
  const [driver, ...others] = stream.listeners("data") as ((bytes: Buffer) => void)[];
  if (!driver || others.length > 0) throw new TypeError("the driver reads in another way");
  const toDriver = (bytes: Buffer) => driver(Buffer.from(bytes));
  const tap = createRowTap(toDriver);
  const feed = (chunk: Buffer) => {
    if (stream.destroyed) return;
    try {
      tap.feed(chunk);
    } catch (error) {
      // The driver hears of it as an error of the socket, and fails every query of the connection.
      stream.destroy(asUnreadable(error));
    }
  };
  stream.removeListener("data", driver);
  if (stream instanceof ReadingSocket) stream.setReader(feed);
  else stream.on("data", feed);
  const made = { tap, toDriver };
  tapped.set(client, made);
  return made;
}

/**
 * Sends what executes a statement and ends with a Sync. It does not ask for a description of the
 * rows, which whoever wrote the statement knows.
 *
 * @param isParsed true: the server has parsed the statement before, under its name
 */
export function sendStatement(
  connection: Connection,
  statement: Statement,
  isParsed: boolean,
): void {
  const { text, name } = statement;
  if (!isParsed) connection.parse({ text, name, types: undefined });
  connection.stream.write(executionMessage(name ?? "", statement));
}

/**
 * Writes messages to a connection as one piece. If that throws, the server may have got a part of them:
 * the connection is destroyed, and the driver fails the query.
 */
export function submitTogether({ stream }: Connection, write: () => void): void {
  stream.cork();
  try {
    write();
  } catch (error) {
    stream.destroy(asUnreadable(error));
  } finally {
    stream.uncork();
  }
}
