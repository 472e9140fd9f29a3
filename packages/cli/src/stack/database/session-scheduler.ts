import type { PGlite } from "@electric-sql/pglite";

/** The little of PGlite that a session needs. */
export type Session = Pick<PGlite, "isInTransaction" | "execProtocolRawStream" | "exec">;

interface Waiting {
  connection: number;
  message: Uint8Array;
  onData: (data: Uint8Array) => void;
  resolve: (bytes: number) => void;
  reject: (error: unknown) => void;
}

/** Message types of the PostgreSQL protocol 3.0, section 55.7. */
const TERMINATE = "X".charCodeAt(0);
const SYNC = Uint8Array.of("S".charCodeAt(0), 0, 0, 0, 4);
const READY_FOR_QUERY_IDLE = [..."Z\0\0\0\x05I"].map((letter) => letter.charCodeAt(0));

/**
 * Gives one connection at a time the single session of a PGlite: from the first message of an
 * exchange until the server is ready for the next and no transaction is open.
 *
 * It stands in for the queue of `@electric-sql/pglite-socket`, which holds the session for one
 * connection inside a transaction only. An exchange whose parameters do not fit into one TCP
 * segment (64 KiB) is then interleaved with another connection's: the unnamed statement is
 * replaced between `Parse` and `Bind`. Measured with one client sending 400 kB parameters and
 * three sending small ones: 1 parameter of 400 was bound to another client's statement.
 */
export function createSessionQueue(session: Session) {
  let waiting: Waiting[] = [];
  let owner: number | undefined;
  let running = false;

  return { enqueue, clearQueueForHandler, clearTransactionIfNeeded };

  /**
   * Runs one protocol message when its connection's turn comes.
   *
   * @returns the number of bytes answered
   */
  function enqueue(
    connection: number,
    message: Uint8Array,
    onData: (data: Uint8Array) => void,
  ): Promise<number> {
    // It would end the session for everybody; the closing of the connection does all it asks for.
    if (message[0] === TERMINATE) return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      waiting.push({ connection, message, onData, resolve, reject });
      void run();
    });
  }

  /** Drops what a connection that is gone still had waiting. */
  function clearQueueForHandler(connection: number): void {
    const dropped = waiting.filter((entry) => entry.connection === connection);
    waiting = waiting.filter((entry) => entry.connection !== connection);
    for (const entry of dropped) entry.reject(new Error("the connection was closed"));
  }

  /** Takes the session back from a connection that went away in the middle of something. */
  async function clearTransactionIfNeeded(connection: number): Promise<void> {
    if (owner !== connection) return;
    // `Sync` ends an exchange that was cut off, and is harmless otherwise.
    await session.execProtocolRawStream(SYNC, { onRawData: () => undefined });
    if (session.isInTransaction()) await session.exec("ROLLBACK");
    owner = undefined;
    void run();
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    for (let entry = next(); entry; entry = next()) {
      try {
        entry.resolve(await execute(entry));
      } catch (error) {
        entry.reject(error);
      }
    }
    running = false;
  }

  function next(): Waiting | undefined {
    const index = waiting.findIndex((entry) => owner === undefined || entry.connection === owner);
    return index === -1 ? undefined : waiting.splice(index, 1)[0];
  }

  async function execute({ connection, message, onData }: Waiting): Promise<number> {
    owner = connection;
    let bytes = 0;
    let ending: number[] = [];
    await session.execProtocolRawStream(message, {
      onRawData: (data) => {
        bytes += data.length;
        const length = READY_FOR_QUERY_IDLE.length;
        ending = [...ending, ...data.subarray(-length)].slice(-length);
        onData(data);
      },
    });
    if (READY_FOR_QUERY_IDLE.every((byte, index) => ending[index] === byte)) owner = undefined;
    return bytes;
  }
}
