import { backoffDelay, type Log, messageOf, type Service } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { createWakeSignal } from "../outbox/wake-signal.ts";
import { assignStreamPositions, type StreamHead } from "./assign-stream-positions.ts";

/** Milliseconds between looks: another process may have committed something. */
const POLL_MS = 1_000;
const BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** Tells those who stream events how far there is something to read. */
export interface EventFeed extends Omit<Service, "start"> {
  /** Something was committed: look now. */
  wake(): void;
  /** How far the stream reaches now. */
  head(): Promise<StreamHead>;
  /** The head once it is behind `position`; undefined when `withinMs` passed or `signal` aborted. */
  waitBeyond(
    position: number,
    limits: { withinMs: number; signal: AbortSignal },
  ): Promise<StreamHead | undefined>;
}

/**
 * One look at the database for all streams of this process, and none while there is no stream. Not
 * LISTEN: PGlite's socket server delivers no notifications.
 */
export function createEventFeed(deps: { database: () => Database; log: Log }): EventFeed {
  const bell = createWakeSignal();
  const waiting = new Set<() => void>();
  let newest: StreamHead | undefined;
  let following: Promise<void> | undefined;
  let stopping = false;

  const look = async () => {
    const head = await assignStreamPositions(deps.database());
    const moved = newest?.position !== head.position;
    newest = head;
    if (moved) for (const wake of [...waiting]) wake();
    return head;
  };

  const follow = async () => {
    for (let failures = 0; waiting.size > 0 && !stopping; ) {
      try {
        await look();
        failures = 0;
        await bell.rung(POLL_MS);
      } catch (error) {
        failures += 1;
        const text = `Event streams wait for the state database: ${messageOf(error)}`;
        deps.log[failures === 1 ? "warn" : "debug"]({ err: error }, text);
        await bell.silence(backoffDelay(failures, BACKOFF));
      }
    }
    following = undefined;
  };

  return {
    wake: bell.ring,
    head: look,
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
      bell.close();
      await following;
    },
  };
}
