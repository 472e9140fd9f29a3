const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 10_000;
/** A process that ran for this long is stable, so that its earlier failures no longer count. */
const STABLE_AFTER_MS = 30_000;

/** The number of consecutive early exits, and the delay before the next start. */
export interface RestartBackoff {
  failures: number;
  delayMs: number;
}

/**
 * Computes the exponential backoff after a process exited.
 *
 * @param previousFailures consecutive early exits before this one
 * @param uptimeMs milliseconds that the process ran
 */
export function nextRestartBackoff(previousFailures: number, uptimeMs: number): RestartBackoff {
  const failures = uptimeMs >= STABLE_AFTER_MS ? 1 : previousFailures + 1;
  return { failures, delayMs: Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1)) };
}
