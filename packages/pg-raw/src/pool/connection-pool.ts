import type { Log } from "@honua/service-kit";
import pg from "pg";
import { connectionsBusy } from "../errors/capacity-errors.ts";
import { BrokenConnectionError } from "../errors/unreadable-result.ts";
import { ReadingSocket } from "../protocol/reading-socket.ts";
import { tappedConnection } from "../protocol/tapped-connection.ts";
import { ConnectionHealth, TRUSTED_MS } from "./connection-health.ts";
import { FairShare, type Owner } from "./fair-share.ts";

export interface ConnectionPoolOptions {
  configuration: pg.ClientConfig;
  maxConnections: number;
  /** Milliseconds that a request waits for a connection. */
  waitMs: number;
  /** Milliseconds after which an unused connection is closed. */
  idleTimeoutMs: number;
  log: Log;
}

/** Requests that may wait for a connection. The next one is rejected immediately. */
const MAX_WAITING = 260;
/** Waiting requests of one owner, so that others can still wait. */
const MAX_WAITING_OF_OWNER = 200;

/** Receives a connection. */
type Waiter = (connection: pg.PoolClient | Promise<pg.PoolClient>) => void;

/**
 * The connections to one database. The driver's pool opens connections and closes unused ones. A
 * released connection goes directly to the next waiter, or stays idle here for a second. The driver's
 * pool uses timers and events for each use, which take a tenth of the time of a short response.
 */
export class ConnectionPool {
  readonly #maxConnections: number;
  readonly #waitMs: number;
  readonly #log: Log;
  readonly #driverPool: pg.Pool;
  /** The most recently used connection is the last. */
  readonly #idle: pg.PoolClient[] = [];
  readonly #waiters = new FairShare<Waiter>();
  readonly #health = new ConnectionHealth();
  /** Connections outside of the driver's pool: those in use and those in `#idle`. */
  #checkedOut = 0;
  #idleTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({
    configuration,
    maxConnections,
    waitMs,
    idleTimeoutMs,
    log,
  }: ConnectionPoolOptions) {
    this.#maxConnections = maxConnections;
    this.#waitMs = waitMs;
    this.#log = log;
    this.#driverPool = new pg.Pool({
      ...configuration,
      // With TLS the driver reads from a socket that it creates itself.
      ...(configuration.ssl ? {} : { stream: () => new ReadingSocket() }),
      max: maxConnections,
      idleTimeoutMillis: idleTimeoutMs,
    });
    this.#driverPool.on("error", (error) =>
      log.debug(`An idle database connection ended: ${error.message}`),
    );
    this.#driverPool.on("connect", (client) => this.#prepare(client as pg.PoolClient));
  }

  /**
   * Acquires a connection for one use, which ends with `release`.
   *
   * @param owner the client that uses it; when clients wait, connections are divided by owner
   * @throws HonuaError `database-busy`
   * @throws errors of the driver
   */
  acquire(owner?: Owner): Promise<pg.PoolClient> | pg.PoolClient {
    return this.#acquireIdle() ?? this.#acquireFromDriver(owner);
  }

  /**
   * Counts a connection as held by an owner, until the returned function is called.
   *
   * @param cancel ends its statement; called when another owner has waited for too long
   */
  trackHeld(owner: Owner, cancel?: () => void): () => void {
    return this.#waiters.trackHeld(owner, cancel);
  }

  /** @param isBroken true if the connection cannot be used again */
  release(connection: pg.PoolClient, isBroken: boolean): void {
    if (isBroken || this.#isClosed) {
      this.#returnToDriver(connection, isBroken);
      return;
    }
    this.#health.recordUse(connection);
    const waiter = this.#waiters.size > 0 ? this.#waiters.nextWaiter() : undefined;
    if (waiter) {
      waiter(connection);
      return;
    }
    this.#idle.push(connection);
    this.#idleTimer ??= setTimeout(this.#returnUnused, TRUSTED_MS).unref();
  }

  /** True if the server responded within the last two seconds. */
  isServerReachable(): boolean {
    return this.#health.isServerReachable();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idleTimer);
    for (const connection of this.#idle.splice(0)) this.#returnToDriver(connection, false);
    await this.#driverPool.end();
  }

  /** Prepares a connection that the driver has just opened. */
  #prepare(connection: pg.PoolClient): void {
    // The driver's pool does not listen while a connection is in use. Without a listener, an error that
    // belongs to no query would end the process.
    connection.on("error", (error) => {
      if (error instanceof BrokenConnectionError) {
        this.#log.warn({ err: error }, "A database connection could not be read and was discarded");
      }
      this.#removeIdle(connection);
    });
    // Before the first message, so that no error of the driver leaves the callback of the socket.
    tappedConnection(connection);
  }

  #acquireIdle(): pg.PoolClient | undefined {
    const newestIdle = this.#idle.at(-1);
    return newestIdle && this.#health.isTrusted(newestIdle) ? this.#idle.pop() : undefined;
  }

  async #acquireFromDriver(owner?: Owner): Promise<pg.PoolClient> {
    this.#returnUnused();
    if (this.#checkedOut >= this.#maxConnections) return this.#waitForConnection(owner);
    this.#checkedOut += 1;
    try {
      for (;;) {
        const connection = await this.#driverPool.connect();
        if (await this.#health.isAlive(connection)) return connection;
        connection.release(true);
      }
    } catch (error) {
      this.#checkedOut -= 1;
      this.#offerFreeSlot();
      throw error;
    }
  }

  #waitForConnection(owner: Owner): Promise<pg.PoolClient> {
    const isFull =
      this.#waiters.size >= MAX_WAITING || this.#waiters.sizeOf(owner) >= MAX_WAITING_OF_OWNER;
    if (isFull) throw connectionsBusy();
    return new Promise((resolve, reject) => {
      const leave = this.#waiters.addWaiter(owner, (connection) => {
        clearTimeout(timeout);
        leave();
        resolve(connection);
      });
      const timeout = setTimeout(() => {
        leave();
        // An unreachable server also keeps all connections in use.
        const isReachable = this.#health.isServerReachable();
        reject(
          isReachable ? connectionsBusy() : new Error("timeout exceeded when trying to connect"),
        );
      }, this.#waitMs);
    });
  }

  #returnToDriver(connection: pg.PoolClient, isBroken: boolean): void {
    connection.release(isBroken);
    this.#checkedOut -= 1;
    this.#offerFreeSlot();
  }

  /** Lets the next waiter acquire a connection from the driver's pool. */
  #offerFreeSlot(): void {
    this.#waiters.nextWaiter()?.(this.#acquireFromDriver());
  }

  /** Returns connections that were idle for a while to the driver's pool, which closes them later. */
  readonly #returnUnused = (): void => {
    clearTimeout(this.#idleTimer);
    const trusted = this.#idle.findIndex((connection) => this.#health.isTrusted(connection));
    const unused = this.#idle.splice(0, trusted === -1 ? this.#idle.length : trusted);
    for (const connection of unused) this.#returnToDriver(connection, false);
    this.#idleTimer =
      this.#idle.length > 0 ? setTimeout(this.#returnUnused, TRUSTED_MS).unref() : undefined;
  };

  /** Discards a connection that ended while it was idle. */
  #removeIdle(connection: pg.PoolClient): void {
    const at = this.#idle.indexOf(connection);
    if (at === -1) return;
    this.#idle.splice(at, 1);
    this.#returnToDriver(connection, true);
  }
}
