import type { LimitFunction } from "p-limit";

/**
 * Milliseconds for which draining occupies a slot of the limiter. Work that takes longer waits for
 * something, such as a gateway, and must not block other lanes.
 */
const SLOT_TIMEOUT_MS = 2_000;

/** The longest delay of `setTimeout`; a longer one fires immediately. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Decides when a lane is drained. A lane is never drained twice at the same time. */
export interface DrainScheduler {
  /** Drains now, or once more after the current run. */
  wake(): void;
  /** Drains after `ms` milliseconds, unless another time is set before. */
  scheduleCheck(ms: number): void;
  /** Another process drains the lane: cancels a pending run and checks again after `ms` milliseconds. */
  standBy(ms: number): void;
  /** Stops after the current run. */
  stop(): Promise<void>;
}

/**
 * Drains a lane when it is woken and at scheduled times.
 *
 * @param deps.limit bounds the lanes that are drained at the same time
 * @param deps.drainLane returns the milliseconds after which to drain again, if known
 */
export function createDrainScheduler(deps: {
  limit: LimitFunction;
  drainLane: () => Promise<number | undefined>;
}): DrainScheduler {
  let isStopped = false;
  let isRequested = false;
  let draining: Promise<void> | undefined;
  /** Times of the next runs, by the clock of `performance`. */
  let retryAt = Number.POSITIVE_INFINITY;
  let checkAt = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let timerFiresAt = Number.POSITIVE_INFINITY;

  function wake() {
    if (isStopped) return;
    isRequested = true;
    draining ??= drainWhileRequested();
  }

  function scheduleCheck(ms: number) {
    checkAt = performance.now() + ms;
    setTimer();
  }

  async function drainWhileRequested() {
    while (isRequested && !isStopped) {
      const again = await withSlot(async () => {
        // Another process may have started to drain the lane while this one waited for a slot.
        if (!isRequested) return undefined;
        isRequested = false;
        return deps.drainLane();
      });
      if (again !== undefined) retryAt = Math.min(retryAt, performance.now() + again);
      setTimer();
    }
    // In the same turn as the last check of `isRequested`, so that no request is lost.
    draining = undefined;
  }

  async function withSlot<Value>(work: () => Promise<Value>): Promise<Value> {
    const { working } = await deps.limit(async () => {
      const working = work();
      await settledWithin(SLOT_TIMEOUT_MS, working);
      return { working };
    });
    return working;
  }

  /** Keeps a timer that fires too early, because checks are usually postponed many times. */
  function setTimer() {
    const at = Math.min(retryAt, checkAt);
    if (isStopped || at >= timerFiresAt || at === Number.POSITIVE_INFINITY) return;
    clearTimeout(timer);
    timerFiresAt = at;
    timer = setTimeout(onTimer, Math.min(Math.max(0, at - performance.now()), MAX_TIMER_MS));
  }

  function onTimer() {
    timerFiresAt = Number.POSITIVE_INFINITY;
    // A timer may fire up to a millisecond early.
    const now = performance.now() + 1;
    if (Math.min(retryAt, checkAt) <= now) wake();
    if (retryAt <= now) retryAt = Number.POSITIVE_INFINITY;
    if (checkAt <= now) checkAt = Number.POSITIVE_INFINITY;
    setTimer();
  }

  return {
    wake,
    scheduleCheck,
    standBy(ms) {
      isRequested = false;
      scheduleCheck(ms);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await draining;
    },
  };
}

/** Resolves when `work` settles, or after `ms` milliseconds. */
function settledWithin(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(end, end);
  });
}
