import { desiredBucket } from "@honua/contracts";
import { abortableDelay, type Bus, backoffDelay, type Log, messageOf } from "@honua/service-kit";

const REOPEN_BACKOFF = { baseMs: 200, maxMs: 5_000 };
const READ_INTERVAL_MS = 10_000;

/**
 * Reports the desired release of an environment: immediately when it changes, and by reading the key
 * periodically, in case a change was missed.
 */
export function watchDesiredRelease(options: {
  bus: Bus;
  environment: string;
  log: Log;
  onDesired: (digest: string) => void;
  /** Milliseconds between periodic reads. */
  readIntervalMs?: number;
}): () => Promise<void> {
  const { bus, environment, log, onDesired, readIntervalMs = READ_INTERVAL_MS } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let changes = 0;
  // Not awaited: a watch that is being opened ignores the signal and ends with the connection.
  void watchContinuously();
  const reading = readPeriodically();
  return async () => {
    stopping.abort();
    await reading;
  };

  async function watchContinuously(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const bucket = await bus.bucket(desiredBucket);
        for await (const { value } of bucket.watch(environment, signal)) {
          failures = 0;
          if (signal.aborted) return;
          changes += 1;
          if (value) onDesired(value.release);
        }
      } catch (error) {
        log.debug({ err: error }, `The watch on the desired release failed: ${messageOf(error)}`);
      }
      failures += 1;
      await abortableDelay(backoffDelay(failures, REOPEN_BACKOFF), signal);
    }
  }

  async function readPeriodically(): Promise<void> {
    while (!signal.aborted) {
      await abortableDelay(readIntervalMs, signal);
      if (signal.aborted || !bus.isConnected()) continue;
      try {
        const bucket = await bus.bucket(desiredBucket);
        const changesBefore = changes;
        const entry = await bucket.get(environment);
        // If a change arrived during the read, the value may be older and would bring back a replaced release.
        if (entry && changes === changesBefore) onDesired(entry.value.release);
      } catch (error) {
        log.debug({ err: error }, `Could not read the desired release: ${messageOf(error)}`);
      }
    }
  }
}
