/** The client that a statement runs for, compared by identity; undefined for the service itself. */
export type Owner = object | undefined;

/** Milliseconds that a client waits before a statement of another client is cancelled for it. */
const PATIENCE_MS = 250;
/** Milliseconds after which a statement is long and may be cancelled. */
const LONG_MS = 1_000;

/** A connection in use. */
interface HeldConnection {
  owner: Owner;
  since: number;
  /** Cancels the statement; undefined if it cannot be cancelled. */
  cancel: (() => void) | undefined;
  isCancelled: boolean;
}

/**
 * Divides connections between clients. A client may use every connection while no other client needs
 * one. As soon as another client waits, released connections go to the client that holds the fewest. If
 * none is released, a long statement of the client that holds the most is cancelled.
 */
export class FairShare<Waiter> {
  readonly #now: () => number;
  /** Waiters with the time of their arrival, by owner. Both maps are in order of arrival. */
  readonly #queues = new Map<Owner, Map<Waiter, number>>();
  readonly #held = new Set<HeldConnection>();
  #size = 0;
  #isCheckPlanned = false;

  /** @param now milliseconds of a monotonic clock */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Number of waiters. */
  get size(): number {
    return this.#size;
  }

  /** Number of waiters of one owner. */
  sizeOf(owner: Owner): number {
    return this.#queues.get(owner)?.size ?? 0;
  }

  /** Adds a waiter. The returned function removes it. */
  addWaiter(owner: Owner, waiter: Waiter): () => void {
    const queue = this.#queues.get(owner) ?? new Map<Waiter, number>();
    this.#queues.set(owner, queue);
    queue.set(waiter, this.#now());
    this.#size += 1;
    this.#planCheck();
    return () => {
      if (!queue.delete(waiter)) return;
      this.#size -= 1;
      if (queue.size === 0) this.#queues.delete(owner);
    };
  }

  /** The waiter that receives the next free connection. */
  nextWaiter(): Waiter | undefined {
    const [first] = this.#queues.get(this.#ownerWithFewest())?.keys() ?? [];
    return first;
  }

  /**
   * Counts a connection as held by an owner, until the returned function is called.
   *
   * @param cancel ends the statement of the connection; absent if it cannot be cancelled
   */
  trackHeld(owner: Owner, cancel?: () => void): () => void {
    const held: HeldConnection = { owner, since: this.#now(), cancel, isCancelled: false };
    this.#held.add(held);
    return () => this.#held.delete(held);
  }

  /** Connections held by an owner, without those that will soon be released by a cancellation. */
  #heldBy(owner: Owner): number {
    let count = 0;
    for (const held of this.#held) if (held.owner === owner && !held.isCancelled) count += 1;
    return count;
  }

  /**
   * The waiting owner that holds the fewest connections.
   *
   * @param arrivedBefore ignores owners whose first waiter arrived later
   */
  #ownerWithFewest(arrivedBefore = Number.POSITIVE_INFINITY): Owner {
    let found: Owner;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [owner, queue] of this.#queues) {
      const [arrival = Number.POSITIVE_INFINITY] = queue.values();
      if (arrival > arrivedBefore) continue;
      const count = this.#queues.size === 1 ? 0 : this.#heldBy(owner);
      if (count < fewest) [found, fewest] = [owner, count];
    }
    return found;
  }

  #planCheck(): void {
    if (this.#isCheckPlanned) return;
    this.#isCheckPlanned = true;
    setTimeout(() => this.#check(), PATIENCE_MS).unref();
  }

  /** Cancels a long statement if a client has waited for too long while another holds too many. */
  #check(): void {
    this.#isCheckPlanned = false;
    if (this.#size > 0) this.#planCheck();
    const arrivedBefore = this.#now() - PATIENCE_MS;
    const hasPatientWaiter = [...this.#queues.values()].some((queue) =>
      [...queue.values()].some((arrival) => arrival <= arrivedBefore),
    );
    if (!hasPatientWaiter) return;
    // After the cancellation the other client still holds at least as many as the waiting one.
    const minimum = this.#heldBy(this.#ownerWithFewest(arrivedBefore)) + 2;
    const statement = this.#newestLongStatement(minimum);
    if (!statement) return;
    statement.isCancelled = true;
    statement.cancel?.();
  }

  /** The newest long statement of the owner that holds the most connections, at least `minimum`. */
  #newestLongStatement(minimum: number): HeldConnection | undefined {
    let found: HeldConnection | undefined;
    let most = 0;
    for (const held of this.#held) {
      const count = this.#heldBy(held.owner);
      if (!this.#isLong(held) || count < minimum || count < most) continue;
      if (count > most || held.since > (found?.since ?? 0)) found = held;
      most = count;
    }
    return found;
  }

  #isLong({ since, cancel, isCancelled }: HeldConnection): boolean {
    return cancel !== undefined && !isCancelled && this.#now() - since > LONG_MS;
  }
}
