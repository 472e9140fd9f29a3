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
import { createEnvironmentChanges } from "../../src/environments/environment-change.ts";
import { recordObservation } from "../../src/environments/record-observation.ts";
import { createOutboxRelay, type OutboxRelay } from "../../src/outbox/outbox-relay.ts";
import { anEnvironment, aRequest, driveTo, opened } from "../fixtures/deployment-fixtures.ts";
import { joinBus, log, type RunningState, startState } from "../fixtures/running-state.ts";

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

/** A bus that remembers what was published, and refuses while told to. */
function aBus() {
  const published: Envelope[] = [];
  const bus = {
    published,
    refusing: false,
    async publishEnvelope(event: Envelope) {
      if (bus.refusing) throw new TransientError("publish-failed", "the bus is away");
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

/** Makes `count` events in one environment, one transaction each. */
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

test("events of an environment are published in the order of their commits", async () => {
  const bus = aBus();
  const relay = await startRelay(bus);
  const [one, two] = [anEnvironment(), anEnvironment()];
  await Promise.all([observe(one, 30, relay.wake), observe(two, 30, relay.wake)]);
  await eventually("all are published", () => bus.published.length === 60);
  const inOrder = Array.from({ length: 30 }, (_, n) => n);
  expect(messagesOf(bus.published, one)).toEqual(inOrder);
  expect(messagesOf(bus.published, two)).toEqual(inOrder);
});

test("two relays publish each event once, in order", async () => {
  const bus = aBus();
  const both = [await startRelay(bus), await startRelay(bus)];
  const environment = anEnvironment();
  await observe(environment, 60, () => {
    for (const relay of both) relay.wake();
  });
  await eventually("all are published", () => bus.published.length >= 60);
  expect(messagesOf(bus.published, environment)).toEqual(Array.from({ length: 60 }, (_, n) => n));
});

test("what the bus refused stays, and goes out in order once it takes messages again", async () => {
  const bus = aBus();
  bus.refusing = true;
  const relay = await startRelay(bus);
  const environment = anEnvironment();
  await observe(environment, 5, relay.wake);
  expect(bus.published).toEqual([]);
  bus.refusing = false;
  await eventually("all are published", () => bus.published.length === 5);
  expect(messagesOf(bus.published, environment)).toEqual([0, 1, 2, 3, 4]);
});

test("a row that was published but not marked is published again under the same id", async () => {
  const bus = aBus();
  const relay = await startRelay(bus);
  const environment = anEnvironment();
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

test("an event is published within the trace of the request that caused it", async () => {
  const telemetry = await startTelemetry({ service: "test", instance: "test", environment: {} });
  try {
    const traces: (string | undefined)[] = [];
    const relay = await startRelay({
      publishEnvelope: async () => void traces.push(trace.getActiveSpan()?.spanContext().traceId),
    });
    const request = { traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 1 };
    await context.with(trace.setSpanContext(ROOT_CONTEXT, request), () =>
      observe(anEnvironment(), 1, relay.wake),
    );
    await eventually("it is published", () => traces.length === 1);
    expect(traces).toEqual([request.traceId]);
  } finally {
    await telemetry.stop();
  }
});

test("a change that fails leaves neither a trace in the environment nor an event", async () => {
  const changeEnvironment = createEnvironmentChanges({
    database: () => database,
    clock: systemClock,
    onCommitted: () => undefined,
  });
  const environment = anEnvironment();
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

test("a broker that is lost and comes back receives every event, in order and once", async () => {
  const own = await createDatabase();
  const nats: RunningNats = await startNats();
  let state: RunningState | undefined;
  let bus: Bus | undefined;
  let local: Database | undefined;
  try {
    state = await startState({ databaseUrl: own.url, natsUrl: nats.url });
    bus = await joinBus(nats.url);
    local = await openDatabase(own.url, log);
    const environment = anEnvironment();
    const deployment = await opened(bus, aRequest(environment));
    await nats.kill();
    // State goes on without the broker: this process commits straight to its database.
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
    await eventually("state answers again", () =>
      joined.call(reportObservation, {
        environment,
        health: "Progressing",
        syncStatus: "Syncing",
        message: "Progressing",
      }),
    );
    await driveTo(bus, deployment, "Completed");
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
