import { backoffDelay, type Log, messageOf, type Service } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { createWakeSignal } from "../outbox/wake-signal.ts";
import { assignStreamPositions, type StreamHead } from "./assign-stream-positions.ts";

/** Milliseconds between polls, which detect the commits of other processes. */
const POLL_MS = 1_000;
const BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** Notifies the event streams of this process when new events can be read. */
export interface EventFeed extends Omit<Service, "start"> {
  /** Polls the database now, because events were committed. */
  wake(): void;
  /** Reads the current head of the stream. */
  head(): Promise<StreamHead>;
  /**
   * Waits for events after `position`.
   *
   * @returns the new head; undefined if `withinMs` milliseconds passed or `signal` aborted
   */
  waitBeyond(
    position: number,
    limits: { withinMs: number; signal: AbortSignal },
  ): Promise<StreamHead | undefined>;
}

/**
 * Creates the feed. One poll of the database serves all streams of this process, and there is no
 * polling without a stream. It does not use LISTEN, because PGlite's socket server delivers no
 * notifications.
 */
export function createEventFeed(deps: { database: () => Database; log: Log }): EventFeed {
  const wakeSignal = createWakeSignal();
  const waiting = new Set<() => void>();
  let newest: StreamHead | undefined;
  let following: Promise<void> | undefined;
  let stopping = false;

  const poll = async () => {
    const head = await assignStreamPositions(deps.database());
    const moved = newest?.position !== head.position;
    newest = head;
    if (moved) for (const wake of [...waiting]) wake();
    return head;
  };

  const follow = async () => {
    for (let failures = 0; waiting.size > 0 && !stopping; ) {
      try {
        await poll();
        failures = 0;
        await wakeSignal.waitForWake(POLL_MS);
      } catch (error) {
        failures += 1;
        const text = `Event streams are waiting for the state database: ${messageOf(error)}`;
        deps.log[failures === 1 ? "warn" : "debug"]({ err: error }, text);
        await wakeSignal.waitUninterrupted(backoffDelay(failures, BACKOFF));
      }
    }
    following = undefined;
  };

  return {
    wake: wakeSignal.wake,
    head: poll,
    async waitBeyond(position, { withinMs, signal }) {
      if (newest && newest.position > position) return newest;
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          waiting.delete(done);
          resolve();
        };
        const timer = setTimeout(done, withinMs);
        signal.addEventListener("abort", done, { once: true });
        waiting.add(done);
        following ??= follow();
        if (signal.aborted) done();
      });
      return newest && newest.position > position && !signal.aborted ? newest : undefined;
    },
    async stop() {
      stopping = true;
      wakeSignal.close();
      await following;
    },
  };
}
