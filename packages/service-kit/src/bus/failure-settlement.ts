import { backoffDelay } from "../backoff.ts";
import { type HonuaError, PermanentError, WaitingError } from "../errors.ts";

/** Attempts before a message becomes a dead letter. */
const MAX_ATTEMPTS = 12;
const RETRY_BACKOFF = { baseMs: 250, maxMs: 15_000 };

/** What happens to a message after its handler has failed. */
export type FailureSettlement =
  | { kind: "wait" | "retry"; delayMs: number }
  | { kind: "skip" | "dead-letter" };

/**
 * Decides what happens to a failed message: a waiting error delays it until its time, a transient error
 * retries it with backoff, and a permanent error or the last attempt ends it.
 *
 * @param message.delivery number of the delivery, from 1
 * @param message.canSkip true if the message is published again anyway and needs no dead letter
 * @param message.now the current time in milliseconds since the epoch
 */
export function settlementOf(
  error: HonuaError,
  message: { delivery: number; canSkip: boolean; now: number },
): FailureSettlement {
  if (error instanceof WaitingError) {
    return { kind: "wait", delayMs: Math.max(0, error.until.getTime() - message.now) };
  }
  if (!(error instanceof PermanentError) && message.delivery < MAX_ATTEMPTS) {
    return { kind: "retry", delayMs: backoffDelay(message.delivery, RETRY_BACKOFF) };
  }
  return { kind: message.canSkip ? "skip" : "dead-letter" };
}
