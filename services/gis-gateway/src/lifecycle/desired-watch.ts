import { desiredBucket } from "@honua/contracts";
import { type Bus, backoffDelay, type Log, messageOf } from "@honua/service-kit";
import { pause } from "./pause.ts";

const REOPEN = { baseMs: 200, maxMs: 5_000 };
const READ_EVERY_MS = 10_000;

/**
 * Tells which release an environment should serve: at once when it changes, and from reading the key
 * now and then, in case a change was missed.
 */
export function watchDesiredRelease(options: {
  bus: Bus;
  environment: string;
  log: Log;
  onDesired: (digest: string) => void;
}): () => Promise<void> {
  const { bus, environment, log, onDesired } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let changes = 0;
  // A watch that is just being opened does not notice the signal; it ends with the connection.
  void watchForEver();
  const reading = readForEver();
  return async () => {
    stopping.abort();
    await reading;
  };

  async function watchForEver(): Promise<void> {
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
        log.debug({ err: error }, `The watch on the desired release broke: ${messageOf(error)}`);
      }
      failures += 1;
      await pause(backoffDelay(failures, REOPEN), signal);
    }
  }

  async function readForEver(): Promise<void> {
    while (!signal.aborted) {
      await pause(READ_EVERY_MS, signal);
      if (signal.aborted || !bus.isConnected()) continue;
      try {
        const bucket = await bus.bucket(desiredBucket);
        const changesBefore = changes;
        const entry = await bucket.get(environment);
        // What a change overtook is older than it, and would bring the replaced release back.
        if (entry && changes === changesBefore) onDesired(entry.value.release);
      } catch (error) {
        log.debug({ err: error }, `Could not read the desired release: ${messageOf(error)}`);
      }
    }
  }
}
