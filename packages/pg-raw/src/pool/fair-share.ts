/**
 * Divides connections between clients. A client may use every connection while nobody else needs one.
 * As soon as another client waits, connections that become free go to the client that holds the
 * fewest, and if none becomes free, a long statement of the client that holds the most is stopped.
 */
export interface FairShare<Waiter> {
  /** Number of waiters. */
  readonly size: number;
  /** Number of waiters of one owner. */
  waitingOf(owner: Owner): number;
  /** Adds a waiter; the returned function removes it. */
  wait(owner: Owner, waiter: Waiter): () => void;
  /** The waiter that the next free connection belongs to. */
  next(): Waiter | undefined;
  /**
   * Counts a connection as held, until the returned function is called.
   *
   * @param stop ends the statement that runs on the connection; absent if it cannot be stopped
   */
  hold(owner: Owner, stop?: () => void): () => void;
}

/** On whose behalf a statement runs, compared by identity; undefined for the gateway itself. */
export type Owner = object | undefined;

/** Milliseconds that a client waits before a statement of another client is stopped for it. */
const PATIENCE_MS = 250;
/** Milliseconds after which a statement is long, and may be stopped. */
const LONG_MS = 1_000;

interface Held {
  owner: Owner;
  since: number;
  stop: (() => void) | undefined;
  isStopped: boolean;
}

/** @param now milliseconds of a monotonic clock */
export function createFairShare<Waiter>(now = () => performance.now()): FairShare<Waiter> {
  /** Waiters by owner with the moment of their arrival; owners and waiters in order of arrival. */
  const lines = new Map<Owner, Map<Waiter, number>>();
  const held = new Set<Held>();
  let size = 0;
  let isPlanned = false;

  return {
    get size() {
      return size;
    },
    waitingOf: (owner) => lines.get(owner)?.size ?? 0,
    wait(owner, waiter) {
      const line = lines.get(owner) ?? new Map<Waiter, number>();
      lines.set(owner, line);
      line.set(waiter, now());
      size += 1;
      plan();
      return () => {
        if (!line.delete(waiter)) return;
        size -= 1;
        if (line.size === 0) lines.delete(owner);
      };
    },
    next() {
      const owner = neediest();
      const [first] = lines.get(owner)?.keys() ?? [];
      return first;
    },
    hold(owner, stop) {
      const entry: Held = { owner, since: now(), stop, isStopped: false };
      held.add(entry);
      return () => held.delete(entry);
    },
  };

  /** Connections that an owner keeps: those whose statement was stopped are about to be free. */
  function heldBy(owner: Owner): number {
    let count = 0;
    for (const entry of held) if (entry.owner === owner && !entry.isStopped) count += 1;
    return count;
  }

  /** The waiting owner that holds the fewest connections. */
  function neediest(waitingSince = Number.POSITIVE_INFINITY): Owner {
    let found: Owner;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [owner, line] of lines) {
      const [since = Number.POSITIVE_INFINITY] = line.values();
      if (since > waitingSince) continue;
      const count = lines.size === 1 ? 0 : heldBy(owner);
      if (count < fewest) [found, fewest] = [owner, count];
    }
    return found;
  }

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    setTimeout(relieve, PATIENCE_MS).unref();
  }

  /** Stops a long statement when a client has waited for too long while another holds too much. */
  function relieve(): void {
    isPlanned = false;
    if (size > 0) plan();
    const patient = now() - PATIENCE_MS;
    const isWaiting = [...lines.values()].some((line) =>
      [...line.values()].some((at) => at <= patient),
    );
    if (!isWaiting) return;
    const owed = heldBy(neediest(patient)) + 2;
    let victim: Held | undefined;
    let most = 0;
    for (const entry of held) {
      const count = heldBy(entry.owner);
      if (!isLong(entry) || count < owed || count < most) continue;
      if (count > most || entry.since > (victim?.since ?? 0)) victim = entry;
      most = count;
    }
    if (!victim) return;
    victim.isStopped = true;
    victim.stop?.();
  }

  function isLong({ since, stop, isStopped }: Held): boolean {
    return stop !== undefined && !isStopped && now() - since > LONG_MS;
  }
}
