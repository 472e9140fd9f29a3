import type { Duplex } from "node:stream";
import type pg from "pg";
import { asUnreadable } from "../errors/unreadable-result.ts";
import type { Statement } from "../statement.ts";
import { executionMessage } from "./execution-message.ts";
import { ReadingSocket } from "./reading-socket.ts";
import { RowTap } from "./row-tap.ts";

/** The part of the driver's connection that a query uses (`pg/lib/connection.js`). */
export interface Connection {
  readonly stream: Duplex;
  /** Texts of the statements that the server has parsed, by name. */
  readonly parsedStatements: Record<string, string>;
  parse(message: { text: string; name: string | undefined; types: undefined }): void;
}

/** A connection of the driver whose bytes pass through a tap before the driver reads them. */
export interface TappedConnection {
  tap: RowTap;
  /** Sends bytes to the driver as if they came from the server. */
  toDriver(bytes: Buffer): void;
}

const tapped = new WeakMap<pg.PoolClient, TappedConnection>();

/**
 * Puts a tap between the socket of a connection and the driver. Further calls return the same tap.
 *
 * @throws TypeError if this version of the driver reads from its socket in another way
 */
export function tappedConnection(client: pg.PoolClient): TappedConnection {
  const known = tapped.get(client);
  if (known) return known;
  const { stream } = (client as unknown as { connection: Connection }).connection;
  const [driver, ...others] = stream.listeners("data") as ((bytes: Buffer) => void)[];
  if (!driver || others.length > 0) {
    throw new TypeError("The pg driver does not read its socket with exactly one data listener.");
  }
  const toDriver = (bytes: Buffer) => driver(Buffer.from(bytes));
  const tap = new RowTap(toDriver);
  const feed = (chunk: Buffer) => {
    if (stream.destroyed) return;
    try {
      tap.feed(chunk);
    } catch (error) {
      // The driver receives the error as an error of the socket and fails all queries of the connection.
      stream.destroy(asUnreadable(error));
    }
  };
  stream.removeListener("data", driver);
  if (stream instanceof ReadingSocket) stream.setReader(feed);
  else stream.on("data", feed);
  const created = { tap, toDriver };
  tapped.set(client, created);
  return created;
}

/**
 * Sends the messages that execute a statement and end with a Sync. They do not request a description of
 * the rows, because the caller knows the columns of its statement.
 *
 * @param isParsed true if the server has already parsed the statement under its name
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
 * Writes messages to a connection in one system call. If `write` throws, the server may have received
 * some of them. The connection is then destroyed, and the driver fails the query.
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
