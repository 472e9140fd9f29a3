import { backoffDelay } from "@honua/service-kit";

/** Longest pause after failures to reach Git, unless the interval itself is longer. */
const LONGEST_GIT_BACKOFF_MS = 5 * 60_000;
/** The bus and state are near: they are tried again soon. */
const NEAR = { baseMs: 500, maxMs: 10_000 };

/** How the last poll of a repository went: well, or failing towards Git, or towards our own services. */
export type PollResult =
  | { kind: "done" }
  | { kind: "git-failed"; failures: number }
  | { kind: "services-failed"; failures: number };

/**
 * Milliseconds until the next poll: the interval ±10 %, so that many watchers do not poll at one
 * moment, or an exponential backoff after `failures` failures in a row.
 *
 * @param random uniform in [0, 1)
 */
export function nextDelay(intervalMs: number, result: PollResult, random: () => number): number {
  switch (result.kind) {
    case "done":
      return Math.round(intervalMs * (0.9 + random() * 0.2));
    case "git-failed": {
      const maxMs = Math.max(intervalMs, LONGEST_GIT_BACKOFF_MS);
      // Twice the interval as base, since the backoff starts at half of it.
      return backoffDelay(result.failures, { baseMs: 2 * intervalMs, maxMs }, random);
    }
    case "services-failed": {
      const maxMs = Math.min(NEAR.maxMs, Math.max(intervalMs, NEAR.baseMs));
      return backoffDelay(result.failures, { baseMs: NEAR.baseMs, maxMs }, random);
    }
  }
}
