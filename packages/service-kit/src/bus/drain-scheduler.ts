import type { Gate } from "./in-flight.ts";

/**
 * Milliseconds for which a visit keeps its place in the gate. One that lasts longer waits for
 * something, such as a gateway, and must not keep others from their work.
 */
const KEEPS_PLACE_MS = 2_000;

/** A longer one would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Visits to one place, one after the other. */
export interface Visits {
  /** Visits now, or once more after the visit under way. */
  wake(): void;
  /** Visits after so many milliseconds, unless it is told another time until then. */
  lookIn(ms: number): void;
  /** Needs no visit any more, as somebody else is there, and a look only after so many milliseconds. */
  leave(ms: number): void;
  /** Ends the visits, after the one under way. */
  stop(): Promise<void>;
}

/**
 * Visits a place whenever it is woken, and when it is time to look there.
 *
 * @param deps.visit gives the milliseconds after which to come again, when it knows of something
 */
export function createVisits(deps: {
  gate: Gate;
  visit: () => Promise<number | undefined>;
}): Visits {
  let isStopped = false;
  let isWanted = false;
  let underWay: Promise<void> | undefined;
  /** Times of the next visits, by the clock of `performance`. */
  let comeAgainAt = Number.POSITIVE_INFINITY;
  let lookAt = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let ringsAt = Number.POSITIVE_INFINITY;

  function wake() {
    if (isStopped) return;
    isWanted = true;
    underWay ??= visitWhileWanted();
  }

  function lookIn(ms: number) {
    lookAt = performance.now() + ms;
    setTimer();
  }

  async function visitWhileWanted() {
    while (isWanted && !isStopped) {
      const again = await withPlace(async () => {
        // Somebody else may have come there while this one waited for its place.
        if (!isWanted) return undefined;
        isWanted = false;
        return deps.visit();
      });
      if (again !== undefined) comeAgainAt = Math.min(comeAgainAt, performance.now() + again);
      setTimer();
    }
    // In the same turn as the last look at what is wanted, so that no wish is lost.
    underWay = undefined;
  }

  async function withPlace<Value>(work: () => Promise<Value>): Promise<Value> {
    const { working } = await deps.gate(async () => {
      const working = work();
      await atMost(KEEPS_PLACE_MS, working);
      return { working };
    });
    return working;
  }

  /** One that rings too early is left alone: mostly a look is put off again and again. */
  function setTimer() {
    const at = Math.min(comeAgainAt, lookAt);
    if (isStopped || at >= ringsAt || at === Number.POSITIVE_INFINITY) return;
    clearTimeout(timer);
    ringsAt = at;
    timer = setTimeout(ring, Math.min(Math.max(0, at - performance.now()), LONGEST_TIMER_MS));
  }

  function ring() {
    ringsAt = Number.POSITIVE_INFINITY;
    // A timer may be a moment early.
    const now = performance.now() + 1;
    if (Math.min(comeAgainAt, lookAt) <= now) wake();
    if (comeAgainAt <= now) comeAgainAt = Number.POSITIVE_INFINITY;
    if (lookAt <= now) lookAt = Number.POSITIVE_INFINITY;
    setTimer();
  }

  return {
    wake,
    lookIn,
    leave(ms) {
      isWanted = false;
      lookIn(ms);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await underWay;
    },
  };
}

/** Waits for the end of work, however it ends, but not for longer than so many milliseconds. */
function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}
