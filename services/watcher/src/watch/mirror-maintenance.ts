import { setTimeout } from "node:timers/promises";
import type { Log, Service } from "@honua/service-kit";
import type { Mirror } from "../git/mirror.ts";

/** Milliseconds after the start, so that maintenance does not slow down the first fetch. */
const FIRST_AFTER_MS = 10 * 60_000;
const EVERY_MS = 6 * 3_600_000;

/**
 * Packs the mirrors in the background, one at a time, so that no poll waits for it. A failure
 * costs disk space only; it is logged and maintenance runs again at the next interval.
 */
export function createMirrorMaintenance(deps: {
  mirrors: readonly Pick<Mirror, "directory" | "maintain">[];
  log: Log;
  firstAfterMs?: number;
}): Service {
  const { mirrors, log, firstAfterMs = FIRST_AFTER_MS } = deps;
  const stopping = new AbortController();

  async function maintainAll() {
    for (const mirror of mirrors) {
      if (stopping.signal.aborted) return;
      await mirror.maintain().catch((err: unknown) => {
        if (stopping.signal.aborted) return;
        log.warn({ err, mirror: mirror.directory }, "Maintenance of a mirror failed");
      });
    }
  }

  async function run() {
    const options = { signal: stopping.signal, ref: false };
    await setTimeout(firstAfterMs, undefined, options);
    while (true) {
      await maintainAll();
      await setTimeout(EVERY_MS, undefined, options);
    }
  }

  return {
    async start() {
      run().catch(() => undefined);
    },
    async stop() {
      stopping.abort();
    },
  };
}
