import { setTimeout } from "node:timers/promises";

/** Waits for `ms` milliseconds, or until `signal` aborts. It never rejects. */
export async function abortableDelay(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
