import { type Bus, backoffDelay, type Log, messageOf, type Service } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { acquireLease, releaseLease } from "./outbox-lease.ts";
import { hasUnsentEvents, publishOutboxBatch } from "./publish-batch.ts";
import { createWakeSignal } from "./wake-signal.ts";

/** Milliseconds between polls of the outbox if nothing wakes the relay. */
const POLL_MS = 1_000;
/** The poll interval while another process publishes: its last read may precede our commit. */
const LEASE_RETRY_MS = 50;
/** The delay before each poll, so that more events share the cost of one batch. */
const GATHER_MS = 25;
const BACKOFF = { baseMs: 250, maxMs: 5_000 };

export interface OutboxRelay extends Service {
  /** Polls the outbox now, because events were committed. */
  wake(): void;
}

/**
 * Publishes the events of the outbox in order. While the bus or the database is unavailable, it retries
 * with backoff. Each state process runs a relay; a lease lets one of them publish at a time.
 */
export function createOutboxRelay(deps: {
  database: Database;
  bus: Pick<Bus, "publishEnvelope">;
  instance: string;
  log: Log;
}): OutboxRelay {
  const { database, bus, instance, log } = deps;
  const wakeSignal = createWakeSignal();
  let stopping = false;
  let running: Promise<void> = Promise.resolve();

  const publishAll = async (): Promise<"empty" | "held-elsewhere"> => {
    if (!(await hasUnsentEvents(database))) return "empty";
    if (!(await acquireLease(database, instance))) return "held-elsewhere";
    while (await publishOutboxBatch(database, bus, instance)) {
      if (stopping) await database.read((reader) => releaseLease(reader, instance).execute());
      else if (await acquireLease(database, instance)) continue;
      return "held-elsewhere";
    }
    return "empty";
  };

  const run = async () => {
    for (let failures = 0; !stopping; ) {
      try {
        const outcome = await publishAll();
        if (failures > 0) log.info("Publishing of events has recovered");
        failures = 0;
        await wakeSignal.waitForWake(outcome === "empty" ? POLL_MS : LEASE_RETRY_MS);
        await wakeSignal.waitUninterrupted(GATHER_MS);
      } catch (error) {
        failures += 1;
        const delay = backoffDelay(failures, BACKOFF);
        const text = `Failed to publish events from the outbox: ${messageOf(error)}`;
        if (failures === 1) log.warn({ err: error, delay }, text);
        else log.debug({ delay, failures }, text);
        await wakeSignal.waitUninterrupted(delay);
      }
    }
  };

  return {
    wake: wakeSignal.wake,
    async start() {
      running = run();
    },
    async stop() {
      stopping = true;
      wakeSignal.close();
      await running;
    },
  };
}
