import { abortableDelay, type Bus, backoffDelay, type Log, messageOf } from "@honua/service-kit";

/** Backoff in milliseconds between attempts to connect. */
const CONNECT_BACKOFF = { baseMs: 500, maxMs: 10_000 };

/**
 * Connects to the message bus and retries with backoff until it succeeds.
 *
 * @returns the bus, or undefined if `signal` was aborted before
 */
export async function connectWithRetry(
  connectBus: () => Promise<Bus>,
  log: Log,
  signal: AbortSignal,
): Promise<Bus | undefined> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await connectBus();
    } catch (error) {
      log.warn({ err: error }, `Could not connect to the message bus: ${messageOf(error)}`);
      await abortableDelay(backoffDelay(attempt, CONNECT_BACKOFF), signal);
    }
  }
  return undefined;
}
