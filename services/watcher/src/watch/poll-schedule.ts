import { backoffDelay } from "@honua/service-kit";

/** Longest pause after failures to reach Git, unless the interval itself is longer. */
const MAX_GIT_BACKOFF_MS = 5 * 60_000;
/** The bus and state are local and usually recover soon. */
const SERVICE_BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** Result of a poll of a repository: success, or a failure of Git or of our own services. */
export type PollResult =
  | { kind: "done" }
  | { kind: "git-failed"; failures: number }
  | { kind: "services-failed"; failures: number };

/**
 * Milliseconds until the next poll: the interval ±10 %, so that watchers do not poll in step, or
 * an exponential backoff after `failures` consecutive failures.
 *
 * @param random uniform in [0, 1)
 */
export function nextPollDelay(
  intervalMs: number,
  result: PollResult,
  random: () => number,
): number {
  switch (result.kind) {
    case "done":
      return Math.round(intervalMs * (0.9 + random() * 0.2));
    case "git-failed": {
      const maxMs = Math.max(intervalMs, MAX_GIT_BACKOFF_MS);
      // The first backoff is half of the base, which makes it about one interval.
      return backoffDelay(result.failures, { baseMs: 2 * intervalMs, maxMs }, random);
    }
    case "services-failed": {
      const { baseMs } = SERVICE_BACKOFF;
      const maxMs = Math.min(SERVICE_BACKOFF.maxMs, Math.max(intervalMs, baseMs));
      return backoffDelay(result.failures, { baseMs, maxMs }, random);
    }
  }
}
