/** Milliseconds between two pings of a worker. */
const PING_INTERVAL_MS = 5_000;
/**
 * Consecutive pings without a response after which a worker counts as hanging. Pings are counted
 * instead of time, because time also passes while the machine is suspended.
 */
const MAX_MISSED_PINGS = 3;

/** Detects workers that hang, for example because their event loop is blocked. */
export interface WorkerWatchdog {
  /** Records a message of a worker. */
  recordMessage(worker: number): void;
  /** Forgets a worker that has exited. */
  forget(worker: number): void;
  stop(): void;
}

/**
 * @param deps.ask false when the worker is not there
 * @param deps.onSilent called once for a worker that has not sent anything for so many seconds
 */
export function createWorkerWatchdog(deps: {
  numbers: readonly number[];
  ask: (worker: number) => boolean;
  onHang: (worker: number, seconds: number) => void;
}): WorkerWatchdog {
  const missedPings = new Map<number, number>();
  const timer = setInterval(() => deps.numbers.forEach(ping), PING_INTERVAL_MS);
  timer.unref();

  return {
    recordMessage: (worker) => void missedPings.set(worker, 0),
    forget: (worker) => void missedPings.delete(worker),
    stop: () => clearInterval(timer),
  };

  function ping(worker: number): void {
    const questions = missedPings.get(worker) ?? 0;
    if (questions === MAX_MISSED_PINGS) {
      deps.onHang(worker, (MAX_MISSED_PINGS * PING_INTERVAL_MS) / 1_000);
    }
    if (deps.ask(worker)) missedPings.set(worker, questions + 1);
  }
}
