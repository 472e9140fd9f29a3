import type pg from "pg";
import type { ClientAbort } from "../client-abort.ts";
import type { ConnectionPool } from "../pool/connection-pool.ts";
import { cancelOnAbort, cancelQuery } from "./cancel-query.ts";

/** One use of a connection for a client, from its acquisition to its release. */
export class ConnectionUse {
  readonly connection: pg.PoolClient;
  readonly #pool: ConnectionPool;
  readonly #stopTracking: () => void;
  #settleAbort: (() => Promise<void>) | undefined;
  #settlePreemption: (() => Promise<void>) | undefined;

  /**
   * @param options.isPreemptible true if the statement may be cancelled when another client waits
   * @param options.cancelConfiguration how to connect to cancel a statement; undefined for a server that
   *   cannot cancel statements
   * @throws HonuaError `database-busy`
   * @throws errors of the driver
   */
  static async begin(
    pool: ConnectionPool,
    clientAbort: ClientAbort | undefined,
    options: { isPreemptible: boolean; cancelConfiguration: pg.ClientConfig | undefined },
  ): Promise<ConnectionUse> {
    const signal = clientAbort?.signal;
    const owner = clientAbort?.owner;
    const connection = await pool.acquire(owner);
    const use = new ConnectionUse(pool, connection, owner, options);
    const { cancelConfiguration } = options;
    if (signal && cancelConfiguration) {
      use.#settleAbort = cancelOnAbort(connection, signal, cancelConfiguration);
    }
    return use;
  }

  private constructor(
    pool: ConnectionPool,
    connection: pg.PoolClient,
    owner: ClientAbort["owner"],
    options: { isPreemptible: boolean; cancelConfiguration: pg.ClientConfig | undefined },
  ) {
    const { isPreemptible, cancelConfiguration } = options;
    this.#pool = pool;
    this.connection = connection;
    const preempt =
      isPreemptible && cancelConfiguration
        ? () => {
            this.#settlePreemption = cancelQuery(connection, cancelConfiguration);
          }
        : undefined;
    this.#stopTracking = pool.trackHeld(owner, preempt);
  }

  /** True if the statement was cancelled because another client waited for the connection. */
  get isPreempted(): boolean {
    return this.#settlePreemption !== undefined;
  }

  /** Waits until no pending cancellation can reach a later statement of the connection. */
  async settle(): Promise<void> {
    if (this.#settleAbort) await this.#settleAbort();
    if (this.#settlePreemption) await this.#settlePreemption();
  }

  /** @param isBroken true if the connection cannot be used again */
  release(isBroken: boolean): void {
    this.#stopTracking();
    this.#pool.release(this.connection, isBroken);
  }
}
