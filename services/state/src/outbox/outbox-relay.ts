import { type Bus, backoffDelay, type Log, messageOf, type Service } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { acquireLease, releaseLease } from "./outbox-lease.ts";
import { hasUnsentEvents, publishOutboxBatch } from "./publish-batch.ts";
import { createWakeSignal } from "./wake-signal.ts";

/** Milliseconds between looks at the outbox when nothing wakes the relay. */
const POLL_MS = 1_000;
/** While another process publishes: it may have looked just before our row was committed. */
const LEASE_RETRY_MS = 50;
/** Before a look, for more events to gather: what the look costs is shared by all of them. */
const GATHER_MS = 25;
const BACKOFF = { baseMs: 250, maxMs: 5_000 };

export interface OutboxRelay extends Service {
  /** Something was committed: look now. */
  wake(): void;
}

/**
 * Publishes what the outbox holds, in order, as long as it runs; while the bus or the database is
 * away it tries again with backoff. Several processes may run one: a lease lets one publish.
 */
export function createOutboxRelay(deps: {
  database: Database;
  bus: Pick<Bus, "publishEnvelope">;
  instance: string;
  log: Log;
}): OutboxRelay {
  const { database, bus, instance, log } = deps;
  const bell = createWakeSignal();
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
        if (failures > 0) log.info("Events are published again");
        failures = 0;
        await bell.rung(outcome === "empty" ? POLL_MS : LEASE_RETRY_MS);
        await bell.silence(GATHER_MS);
      } catch (error) {
        failures += 1;
        const delay = backoffDelay(failures, BACKOFF);
        const text = `Events wait in the outbox: ${messageOf(error)}`;
        if (failures === 1) log.warn({ err: error, delay }, text);
        else log.debug({ delay, failures }, text);
        await bell.silence(delay);
      }
    }
  };

  return {
    wake: bell.ring,
    async start() {
      running = run();
    },
    async stop() {
      stopping = true;
      bell.close();
      await running;
    },
  };
}
