/** Milliseconds between two questions whether a worker is there. */
const EVERY_MS = 5_000;
/**
 * Questions in a row without an answer after which a worker counts as hanging. They are counted, and
 * not the time, because a machine that was suspended has let time pass for the worker as well.
 */
const MOST_UNANSWERED = 3;

/** Finds workers that run and do nothing, such as one whose event loop is blocked for ever. */
export interface WorkerWatch {
  /** A worker has sent something. */
  heard(worker: number): void;
  /** A worker has ended. */
  forget(worker: number): void;
  stop(): void;
}

/**
 * @param deps.ask false when the worker is not there
 * @param deps.onSilent called once for a worker that has not sent anything for so many seconds
 */
export function createWorkerWatch(deps: {
  numbers: readonly number[];
  ask: (worker: number) => boolean;
  onSilent: (worker: number, seconds: number) => void;
}): WorkerWatch {
  const unanswered = new Map<number, number>();
  const timer = setInterval(() => deps.numbers.forEach(look), EVERY_MS);
  timer.unref();

  return {
    heard: (worker) => void unanswered.set(worker, 0),
    forget: (worker) => void unanswered.delete(worker),
    stop: () => clearInterval(timer),
  };

  function look(worker: number): void {
    const questions = unanswered.get(worker) ?? 0;
    if (questions === MOST_UNANSWERED) {
      deps.onSilent(worker, (MOST_UNANSWERED * EVERY_MS) / 1_000);
    }
    if (deps.ask(worker)) unanswered.set(worker, questions + 1);
  }
}
