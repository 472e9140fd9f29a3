import type { GitopsHealth } from "@honua/contracts";

/** Milliseconds between two refreshes while the system works. */
const REFRESH_MS = 10_000;
/** The same while the system is Unhealthy or its health is unknown, to report a recovery soon. */
const REFRESH_UNHEALTHY_MS = 2_000;
/** Milliseconds after which a reported health counts as unknown: three refreshes. */
const STALE_MS = 30_000;

/**
 * Keeps the last health of the system that the state service reported. Requests are answered from
 * memory, so that anonymous clients cannot make the gateway call other services.
 */
export class GitopsHealthCache {
  readonly #fetch: () => Promise<GitopsHealth>;
  readonly #now: () => number;
  #reported: { health: GitopsHealth; atMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRefreshing = false;
  #isRefreshRequested = false;
  #isStopped = false;

  /**
   * @param deps.fetch asks the state service; rejects when it does not answer
   * @param deps.now monotonic clock in milliseconds
   */
  constructor(deps: { fetch: () => Promise<GitopsHealth>; now?: () => number }) {
    this.#fetch = deps.fetch;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** The last reported health; undefined if there is none, or if it is older than 30 s. */
  current(): GitopsHealth | undefined {
    const reported = this.#reported;
    return reported && this.#now() - reported.atMs < STALE_MS ? reported.health : undefined;
  }

  /**
   * Asks the state service now, and then regularly. If a request is already on its way, another one
   * follows it, because the first may miss the change that caused this call.
   */
  refresh(): void {
    if (this.#isStopped) return;
    if (this.#isRefreshing) {
      this.#isRefreshRequested = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#isRefreshing = true;
    void this.#update();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #update(): Promise<void> {
    const atMs = this.#now();
    try {
      this.#reported = { health: await this.#fetch(), atMs };
    } catch {
      // The last reported health stays until it is stale.
    }
    this.#isRefreshing = false;
    if (this.#isStopped) return;
    if (this.#isRefreshRequested) {
      this.#isRefreshRequested = false;
      return this.refresh();
    }
    this.#timer = setTimeout(() => this.refresh(), this.#delayMs());
    this.#timer.unref();
  }

  #delayMs(): number {
    const status = this.current()?.status ?? "Unknown";
    return status === "Unknown" || status === "Unhealthy" ? REFRESH_UNHEALTHY_MS : REFRESH_MS;
  }
}
