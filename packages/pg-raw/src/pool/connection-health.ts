import type pg from "pg";

/** Milliseconds for which a response shows that the server is reachable. */
const REACHABLE_MS = 2_000;
/** Milliseconds for which an idle connection is assumed to work. */
export const TRUSTED_MS = 1_000;
/** Milliseconds that a connection has to answer a probe. */
const PROBE_MS = 2_000;

/** Tracks when the server last responded, and which connections can be used without a probe. */
export class ConnectionHealth {
  #respondedAt = performance.now();
  readonly #usedAt = new WeakMap<pg.PoolClient, number>();
  /** Connections whose last use is older are assumed to be dead. */
  #deadBefore = 0;

  /** Records that a use of a connection ended without a connection error. */
  recordUse(connection: pg.PoolClient): void {
    this.#respondedAt = performance.now();
    this.#usedAt.set(connection, this.#respondedAt);
  }

  /** True if the server responded a moment ago. */
  isServerReachable(): boolean {
    return performance.now() - this.#respondedAt < REACHABLE_MS;
  }

  /** True for a connection that was just opened or used a moment ago. */
  isTrusted(connection: pg.PoolClient): boolean {
    const now = performance.now();
    return now - (this.#usedAt.get(connection) ?? now) < TRUSTED_MS;
  }

  /**
   * Probes a connection that was idle for a while. A connection does not report that the network was
   * cut, so a query over it would wait for its whole time limit.
   */
  async isAlive(connection: pg.PoolClient): Promise<boolean> {
    const now = performance.now();
    if ((this.#usedAt.get(connection) ?? now) < this.#deadBefore) return false;
    if (this.isTrusted(connection)) return true;
    try {
      const probe = { text: "select 1", query_timeout: PROBE_MS };
      await connection.query(probe);
      return true;
    } catch {
      this.#deadBefore = now;
      return false;
    }
  }
}
