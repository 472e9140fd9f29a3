import type { PGlite } from "@electric-sql/pglite";

/** The methods of PGlite that the scheduler needs. */
export type Session = Pick<PGlite, "isInTransaction" | "execProtocolRawStream" | "exec">;

/** A protocol message that waits for its turn. */
interface QueuedMessage {
  connection: number;
  message: Uint8Array;
  onData: (data: Uint8Array) => void;
  resolve: (bytes: number) => void;
  reject: (error: unknown) => void;
}

/** Message types of the PostgreSQL frontend/backend protocol 3.0, section 55.7. */
const TERMINATE = "X".charCodeAt(0);
const SYNC = Uint8Array.of("S".charCodeAt(0), 0, 0, 0, 4);
const READY_FOR_QUERY_IDLE = [..."Z\0\0\0\x05I"].map((letter) => letter.charCodeAt(0));

/**
 * Shares the single session of a PGlite between connections. A connection owns the session from the
 * first message of a query until the server is ready for the next query outside a transaction.
 *
 * It replaces the queue of `@electric-sql/pglite-socket`, which reserves the session only inside a
 * transaction. If the parameters of a query do not fit into one TCP segment (64 KiB), that queue
 * interleaves its messages with those of another connection, which replaces the unnamed statement
 * between `Parse` and `Bind`. Measured with one client sending 400 kB parameters and three clients
 * sending small ones: 1 of 400 parameters was bound to the statement of another client.
 *
 * The three public methods are the interface that `PGLiteSocketHandler` calls, so their names and
 * signatures must not change.
 */
export class SessionScheduler {
  readonly #session: Session;
  #queue: QueuedMessage[] = [];
  #owner: number | undefined;
  #isRunning = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Executes one protocol message when the session is available for its connection.
   *
   * @param onData receives the response
   * @returns the number of response bytes
   */
  enqueue(
    connection: number,
    message: Uint8Array,
    onData: (data: Uint8Array) => void,
  ): Promise<number> {
    // Terminate would end the shared session. The cleanup after the disconnect is sufficient.
    if (message[0] === TERMINATE) return Promise.resolve(0);
    return new Promise((resolve, reject) => {
      this.#queue.push({ connection, message, onData, resolve, reject });
      void this.#drainQueue();
    });
  }

  /** Discards the queued messages of a closed connection. */
  clearQueueForHandler(connection: number): void {
    const discarded = this.#queue.filter((entry) => entry.connection === connection);
    this.#queue = this.#queue.filter((entry) => entry.connection !== connection);
    for (const entry of discarded) entry.reject(new Error("the connection was closed"));
  }

  /** Releases the session of a connection that disconnected inside a query or a transaction. */
  async clearTransactionIfNeeded(connection: number): Promise<void> {
    if (this.#owner !== connection) return;
    // Sync ends an incomplete extended query and has no effect otherwise.
    await this.#session.execProtocolRawStream(SYNC, { onRawData: () => undefined });
    if (this.#session.isInTransaction()) await this.#session.exec("ROLLBACK");
    this.#owner = undefined;
    void this.#drainQueue();
  }

  async #drainQueue(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let entry = this.#takeNext(); entry; entry = this.#takeNext()) {
      try {
        entry.resolve(await this.#execute(entry));
      } catch (error) {
        entry.reject(error);
      }
    }
    this.#isRunning = false;
  }

  /** Removes the first message that may run: any message, or only those of the session's owner. */
  #takeNext(): QueuedMessage | undefined {
    const index = this.#queue.findIndex(
      ({ connection }) => this.#owner === undefined || connection === this.#owner,
    );
    return index === -1 ? undefined : this.#queue.splice(index, 1)[0];
  }

  async #execute({ connection, message, onData }: QueuedMessage): Promise<number> {
    this.#owner = connection;
    let bytes = 0;
    let tail: number[] = [];
    await this.#session.execProtocolRawStream(message, {
      onRawData: (data) => {
        bytes += data.length;
        const length = READY_FOR_QUERY_IDLE.length;
        tail = [...tail, ...data.subarray(-length)].slice(-length);
        onData(data);
      },
    });
    const isIdle = READY_FOR_QUERY_IDLE.every((byte, index) => tail[index] === byte);
    if (isIdle) this.#owner = undefined;
    return bytes;
  }
}
