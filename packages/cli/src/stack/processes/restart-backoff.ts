const FIRST_MS = 200;
const LONGEST_MS = 10_000;
const STABLE_AFTER_MS = 30_000;

/** How often a process ended soon after its start, and how long to wait before the next start. */
export interface RestartDelay {
  failures: number;
  delayMs: number;
}

/** The delay doubles with each early end, and is forgotten by a process that ran for 30 s. */
export function restartDelay(failuresBefore: number, ranForMs: number): RestartDelay {
  const failures = ranForMs >= STABLE_AFTER_MS ? 1 : failuresBefore + 1;
  return { failures, delayMs: Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1)) };
}
