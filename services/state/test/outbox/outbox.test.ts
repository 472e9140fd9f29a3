import { randomUUID } from "node:crypto";
import { type Envelope, environmentDrifted, reportObservation } from "@honua/contracts";
import { type Bus, startTelemetry, systemClock, TransientError } from "@honua/service-kit";
import { eventsUntil } from "@honua/testing/event-history";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { migrateDatabase } from "../../src/database/migrate-database.ts";
import { createEnvironmentChanges } from "../../src/environments/change-environment.ts";
import { recordObservation } from "../../src/environments/record-observation.ts";
import { createOutboxRelay, type OutboxRelay } from "../../src/outbox/outbox-relay.ts";
import {
  advanceTo,
  openNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { connectTestBus, log, type RunningState, startState } from "../fixtures/running-state.ts";

let testDatabase: TestDatabase;
let database: Database;
const relays: OutboxRelay[] = [];

beforeAll(async () => {
  testDatabase = await createDatabase();
  database = await openDatabase(testDatabase.url, log);
  await migrateDatabase(database.kysely);
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});
afterAll(async () => {
  await database?.close();
  await testDatabase?.drop();
});

/** A bus that records published events and refuses them while `isRefusing` is set. */
function fakeBus() {
  const published: Envelope[] = [];
  const bus = {
    published,
    isRefusing: false,
    async publishEnvelope(event: Envelope) {
      if (bus.isRefusing) throw new TransientError("publish-failed", "The bus is unavailable.");
      published.push(event);
    },
  };
  return bus;
}

async function startRelay(bus: Pick<Bus, "publishEnvelope">): Promise<OutboxRelay> {
  const relay = createOutboxRelay({ database, bus, instance: randomUUID(), log });
  await relay.start();
  relays.push(relay);
  return relay;
}

/** Emits `count` events in one environment, one per transaction. */
async function observe(environment: string, count: number, wake: () => void): Promise<void> {
  const changes = createEnvironmentChanges({
    database: () => database,
    clock: systemClock,
    onCommitted: wake,
  });
  for (let n = 0; n < count; n += 1) {
    await recordObservation(changes, {
      environment,
      health: n % 2 === 0 ? "Degraded" : "Healthy",
      syncStatus: "Synced",
      message: String(n),
    });
  }
}

const messagesOf = (events: Envelope[], environment: string) =>
  events
    .filter(({ subject }) => subject === environment)
    .map(({ data }) => Number((data as { message: string }).message));

test("publishes the events of an environment in commit order", async () => {
  const bus = fakeBus();
  const relay = await startRelay(bus);
  const [one, two] = [uniqueEnvironment(), uniqueEnvironment()];
  await Promise.all([observe(one, 30, relay.wake), observe(two, 30, relay.wake)]);
  await eventually("all are published", () => bus.published.length === 60);
  const inOrder = Array.from({ length: 30 }, (_, n) => n);
  expect(messagesOf(bus.published, one)).toEqual(inOrder);
  expect(messagesOf(bus.published, two)).toEqual(inOrder);
});

test("publishes each event once and in order with two relays", async () => {
  const bus = fakeBus();
  const both = [await startRelay(bus), await startRelay(bus)];
  const environment = uniqueEnvironment();
  await observe(environment, 60, () => {
    for (const relay of both) relay.wake();
  });
  await eventually("all are published", () => bus.published.length >= 60);
  expect(messagesOf(bus.published, environment)).toEqual(Array.from({ length: 60 }, (_, n) => n));
});

test("keeps refused events and publishes them in order after the bus has recovered", async () => {
  const bus = fakeBus();
  bus.isRefusing = true;
  const relay = await startRelay(bus);
  const environment = uniqueEnvironment();
  await observe(environment, 5, relay.wake);
  expect(bus.published).toEqual([]);
  bus.isRefusing = false;
  await eventually("all are published", () => bus.published.length === 5);
  expect(messagesOf(bus.published, environment)).toEqual([0, 1, 2, 3, 4]);
});

test("publishes an unmarked row again with the same message id", async () => {
  const bus = fakeBus();
  const relay = await startRelay(bus);
  const environment = uniqueEnvironment();
  await observe(environment, 1, relay.wake);
  await eventually("it is published", () => bus.published.length === 1);
  await eventually("it is marked", async () => {
    const { rows } = await sql`select 1 from outbox where sent_at is null`.execute(database.kysely);
    return rows.length === 0;
  });
  await sql`update outbox set sent_at = null where environment = ${environment}`.execute(
    database.kysely,
  );
  relay.wake();
  await eventually("it is published again", () => bus.published.length === 2);
  expect(bus.published[1]).toEqual(bus.published[0]);
});

test("publishes an event within the trace of its request", async () => {
  const telemetry = await startTelemetry({ service: "test", instance: "test", environment: {} });
  try {
    const traces: (string | undefined)[] = [];
    const relay = await startRelay({
      publishEnvelope: async () => void traces.push(trace.getActiveSpan()?.spanContext().traceId),
    });
    const request = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 };
    await context.with(trace.setSpanContext(ROOT_CONTEXT, request), () =>
      observe(uniqueEnvironment(), 1, relay.wake),
    );
    await eventually("it is published", () => traces.length === 1);
    expect(traces).toEqual([request.traceId]);
  } finally {
    await telemetry.stop();
  }
});

test("stores neither the environment nor an event if a change fails", async () => {
  const changeEnvironment = createEnvironmentChanges({
    database: () => database,
    clock: systemClock,
    onCommitted: () => undefined,
  });
  const environment = uniqueEnvironment();
  const failing = changeEnvironment(environment, async ({ update, emit }) => {
    await update({ health: "Unhealthy" });
    await emit(environmentDrifted, {
      health: "Unhealthy",
      syncStatus: "Synced",
      message: "never seen",
    });
    throw new Error("after the event");
  });
  await expect(failing).rejects.toThrowError("after the event");
  const { rows } = await sql`
    select environment from outbox where environment = ${environment}
    union all select name from environments where name = ${environment}
  `.execute(database.kysely);
  expect(rows).toEqual([]);
});

test("delivers every event once and in order after a broker outage", async () => {
  const own = await createDatabase();
  const nats: RunningNats = await startNats();
  let state: RunningState | undefined;
  let bus: Bus | undefined;
  let local: Database | undefined;
  try {
    state = await startState({ databaseUrl: own.url, natsUrl: nats.url });
    bus = await connectTestBus(nats.url);
    local = await openDatabase(own.url, log);
    const environment = uniqueEnvironment();
    const deployment = await openNewDeployment(bus, openRequest(environment));
    await nats.kill();
    // The database accepts changes during the broker outage.
    const changes = createEnvironmentChanges({
      database: () => local as Database,
      clock: systemClock,
      onCommitted: () => undefined,
    });
    for (const health of ["Degraded", "Healthy"] as const) {
      await recordObservation(changes, {
        environment,
        health,
        syncStatus: "Synced",
        message: health,
      });
    }
    await nats.restart();
    const joined = bus;
    await eventually("the state service responds again", () =>
      joined.call(reportObservation, {
        environment,
        health: "Progressing",
        syncStatus: "Syncing",
        message: "Progressing",
      }),
    );
    await advanceTo(bus, deployment, "Completed");
    const events = await eventsUntil(nats.url, environment, "honua.deploy.completed.v1");
    const types = events.map(({ type }) => type);
    expect(types).toEqual([
      "honua.deploy.created.v1",
      "honua.environment.drifted.v1",
      "honua.environment.drifted.v1",
      "honua.environment.drifted.v1",
      "honua.deploy.planned.v1",
      "honua.deploy.applying.v1",
      "honua.deploy.completed.v1",
    ]);
  } finally {
    await local?.close();
    await bus?.close();
    await state?.stop();
    await nats.stop();
    await own.drop();
  }
});
