import { connect } from "node:net";
import { environmentPaused } from "@honua/contracts";
import { type Bus, systemClock } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Database, openDatabase } from "../../src/database/database.ts";
import { createEnvironmentChanges } from "../../src/environments/change-environment.ts";
import { assignStreamPositions } from "../../src/event-stream/assign-stream-positions.ts";
import { pruneEvents } from "../../src/event-stream/prune-events.ts";
import {
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  randomHex,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { type EventReader, openEventStream } from "../fixtures/event-reader.ts";
import {
  connectTestBus,
  log,
  type RunningState,
  startState,
  TOKENS,
} from "../fixtures/running-state.ts";

let database: TestDatabase;
let nats: RunningNats;
let opener: Database;
let states: RunningState[];
let bus: Bus;

beforeAll(async () => {
  [database, nats] = await Promise.all([createDatabase(), startNats()]);
  states = [await start(), await start()];
  bus = await connectTestBus(nats.url);
  opener = await openDatabase(database.url, log);
});
afterAll(async () => {
  await opener?.close();
  await bus?.close();
  await Promise.all((states ?? []).map((state) => state.stop()));
  await nats?.stop();
  await database?.drop();
});

function start(events: Record<string, number> = {}): Promise<RunningState> {
  return startState({ databaseUrl: database.url, natsUrl: nats.url, events });
}

const url = (index = 0) => states[index]?.url ?? "";
const names = (reader: EventReader) => reader.events.map(({ event }) => event);
const arrived = (reader: EventReader, count: number) =>
  eventually(`${count} events`, () => reader.events.length >= count && reader.events);

/** Reads the recorded events of an environment from the database, in order. */
async function recorded(environment: string): Promise<string[]> {
  const rows = await opener.read((reader) =>
    reader
      .selectFrom("outbox")
      .select("message_id")
      .where("environment", "=", environment)
      .orderBy("id")
      .execute(),
  );
  return rows.map((row) => row.message_id);
}

const LIFE = ["deploy.created", "deploy.planned", "deploy.applying", "deploy.completed"];

describe("a stream", () => {
  test("contains every event of an environment in order, from all processes", async () => {
    const environment = uniqueEnvironment();
    const readers = await Promise.all(
      [0, 1].map((index) => openEventStream(url(index), { query: `?environment=${environment}` })),
    );
    await completeNewDeployment(bus, openRequest(uniqueEnvironment()));
    const { id } = await completeNewDeployment(bus, openRequest(environment));
    for (const reader of readers) {
      await arrived(reader, LIFE.length);
      expect(names(reader)).toEqual(LIFE);
      expect(reader.events.map(({ envelope }) => envelope.data.deploymentId)).toEqual(
        LIFE.map(() => id),
      );
      expect(reader.events[0]?.envelope).toMatchObject({
        specversion: "1.0",
        subject: environment,
        type: "honua.deploy.created.v1",
      });
      reader.disconnect();
    }
    expect(readers[0]?.events).toEqual(readers[1]?.events);
  });

  test("contains only the requested types, also with since", async () => {
    const environment = uniqueEnvironment();
    const since = new Date().toISOString();
    await completeNewDeployment(bus, openRequest(environment));
    const query = `?environment=${environment}&since=${since}&types=deploy.completed,environment.*`;
    const reader = await openEventStream(url(), { query });
    await completeNewDeployment(bus, openRequest(environment));
    expect((await arrived(reader, 2)).map(({ event }) => event)).toEqual([
      "deploy.completed",
      "deploy.completed",
    ]);
    reader.disconnect();
  });

  test.each([
    ["?types=deploy.exploded", {}, 400, "deploy.exploded"],
    ["?since=yesterday", {}, 400, "since"],
    ["?environment=No_Name", {}, 400, "environment"],
    ["", { "last-event-id": "7" }, 400, "Last-Event-ID"],
    ["", { "last-event-id": "00000000-7" }, 410, "another state database"],
    ["", { authorization: "" }, 401, "token"],
  ])("with query '%s' and headers %j returns %i", async (query, headers, status, text) => {
    const response = await fetch(`${url()}/api/gitops/events${query}`, {
      headers: { authorization: `Bearer ${TOKENS.viewer}`, ...headers },
    });
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(await response.text()).toContain(text);
  });
});

describe("a resumed stream", () => {
  test("neither loses nor repeats events across disconnects, restarts and a broker outage", async () => {
    const environment = uniqueEnvironment();
    let own = await start();
    const seen: string[] = [];
    let lastId: string | undefined;
    let stopped = false;
    let reader: EventReader | undefined;
    const client = async () => {
      while (!stopped) {
        // A restarting state process refuses connections; clients reconnect.
        reader = await openEventStream(own.url, {
          query: `?environment=${environment}`,
          ...(lastId === undefined ? {} : { lastId }),
        }).catch(() => undefined);
        if (!reader) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          continue;
        }
        lastId = reader.lastId();
        await reader.ended;
        seen.push(...reader.events.map(({ envelope }) => envelope.id));
        lastId = reader.lastId();
        reader = undefined;
      }
    };
    const running = client();
    await eventually("the client is connected", () => reader !== undefined);

    for (let round = 0; round < 6; round += 1) {
      if (round === 3) await nats.kill();
      const recordingMeanwhile = record(environment, 5);
      if (round % 3 === 0) reader?.disconnect();
      if (round % 3 === 1) {
        await own.stop();
        own = await start();
      }
      await recordingMeanwhile;
      if (round === 3) await nats.restart();
    }
    const wanted = await recorded(environment);
    expect(wanted).toHaveLength(30);
    await eventually(
      "the client has received all events",
      () => seen.length + (reader?.events.length ?? 0) >= wanted.length,
    );
    stopped = true;
    reader?.disconnect();
    await running;
    await own.stop();
    expect(seen).toEqual(wanted);
  });

  test("contains an event whose transaction commits after younger ones", async () => {
    const [slow, quick] = [uniqueEnvironment(), uniqueEnvironment()];
    const reader = await openEventStream(url(), { query: "?types=environment.paused" });
    const before = reader.events.length;
    let finish = () => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const change = environmentChanges();
    let inserted = () => {};
    const isInserted = new Promise<void>((resolve) => {
      inserted = resolve;
    });
    const late = change(slow, async ({ emit }) => {
      await emit(environmentPaused, { pausedBy: "user:ana", reason: "late" });
      inserted();
      await held;
    });
    await isInserted;
    await record(quick, 3);
    await arrived(reader, before + 3);
    finish();
    await late;
    await eventually("the late one arrives too", () =>
      reader.events.some(({ envelope }) => envelope.subject === slow),
    );
    reader.disconnect();
    // A client that resumes after the younger events receives it too.
    const third = reader.events.filter(({ envelope }) => envelope.subject === quick).at(-1);
    const again = await openEventStream(url(1), { lastId: third?.id ?? "" });
    await eventually("the late one is replayed", () =>
      again.events.some(({ envelope }) => envelope.subject === slow),
    );
    again.disconnect();
  });

  test("returns 410 instead of a gap if events were deleted", async () => {
    const environment = uniqueEnvironment();
    const reader = await openEventStream(url(), { query: `?environment=${environment}` });
    const atStart = reader.lastId();
    await record(environment, 2);
    const [, second] = await arrived(reader, 2);
    reader.disconnect();
    await eventually("both are published", () => isSent(environment));
    await opener.read((database) =>
      database
        .updateTable("outbox")
        .set({ sent_at: new Date(Date.now() - 8 * 86_400_000) })
        .where("environment", "=", environment)
        .execute(),
    );
    await pruneEvents(opener, 7);
    expect(await recorded(environment)).toEqual([]);
    await expect(openEventStream(url(), { lastId: atStart })).rejects.toThrow(/410.*were deleted/);
    const resumed = await openEventStream(url(), { lastId: second?.id ?? "" });
    expect(resumed.events.filter(({ envelope }) => envelope.subject === environment)).toEqual([]);
    resumed.disconnect();
  });
});

describe("limits", () => {
  test("disconnect a client that reads nothing, and serve the others", async () => {
    const own = await start({ SlowClientSeconds: 0.5 });
    const environment = uniqueEnvironment();
    const { hostname, port } = new URL(own.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    let cut = false;
    socket.on("close", () => {
      cut = true;
    });
    socket.on("error", () => undefined);
    socket.write(
      `GET /api/gitops/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKENS.operator}\r\n\r\n`,
    );
    const reader = await openEventStream(own.url);
    // More than the socket buffers of both sides can hold.
    await fill(environment, 3_000, 20_000);
    await record(environment, 1);
    await eventually("the quick client has everything", () => reader.events.length >= 3_001);
    await eventually("the slow client is cut", async () => {
      // Reading the remaining bytes reveals the end of the connection.
      socket.resume();
      return cut;
    });
    expect(reader.events).toHaveLength(3_001);
    reader.disconnect();
    await own.stop();
  });

  test("bound concurrent streams per subject and in total, and release slots", async () => {
    const own = await start({ MaxStreams: 3, MaxStreamsPerSubject: 2 });
    const open = (token?: string) => openEventStream(own.url, token ? { token } : {});
    const first = await open();
    await open();
    await expect(open()).rejects.toThrow(/429.*too-many-streams/);
    await open(TOKENS.operator);
    await expect(open(TOKENS.operator)).rejects.toThrow(/503.*too-many-streams/);
    first.disconnect();
    const next = await eventually("there is a place again", () => open().catch(() => undefined));
    expect(next.lastId()).toMatch(/^[0-9a-f]{8}-\d+$/);
    await own.stop();
    await next.ended;
  });

  test("allow an idle stream: heartbeats advance its position past filtered events", async () => {
    const own = await start({ HeartbeatSeconds: 0.1 });
    const reader = await openEventStream(own.url, { query: "?types=deploy.failed" });
    const before = reader.lastId();
    await openNewDeployment(bus, openRequest(uniqueEnvironment()));
    await eventually("the position has moved", () => reader.lastId() !== before);
    expect(reader.events).toEqual([]);
    expect(reader.comments).toContain("heartbeat");
    await own.stop();
    await reader.ended;
  });

  test("end a stream after its maximum lifetime, so that the client authenticates again", async () => {
    const own = await start({ MaxStreamMinutes: 0.001 });
    await (await openEventStream(own.url)).ended;
    await own.stop();
  });
});

test("reads a batch of the stream by index", async () => {
  await fill(uniqueEnvironment(), 2_000, 10);
  const { position } = await assignStreamPositions(opener);
  const plan = await opener.read(async (reader) => {
    await sql`analyze outbox`.execute(reader);
    return reader
      .selectFrom("outbox")
      .selectAll()
      .where("position", ">", String(position - 50))
      .where("position", "<=", String(position))
      .orderBy("position")
      .limit(100)
      .explain();
  });
  expect(JSON.stringify(plan)).toContain("outbox_position");
});

function environmentChanges() {
  return createEnvironmentChanges({
    database: () => opener,
    clock: systemClock,
    onCommitted: () => undefined,
  });
}

/** Records events as another process: the feed of this process is not woken. */
async function record(environment: string, count: number): Promise<void> {
  const change = environmentChanges();
  for (let n = 0; n < count; n += 1) {
    await change(environment, ({ emit }) =>
      emit(environmentPaused, { pausedBy: "user:ana", reason: `${n} ${randomHex(2)}` }),
    );
  }
}

async function fill(environment: string, count: number, characters: number): Promise<void> {
  await opener.read((reader) =>
    sql`
      insert into outbox (message_id, environment, type, data, trace_context, created_at, sent_at)
      select gen_random_uuid()::text, ${environment}, 'honua.environment.paused.v1',
        json_build_object('pausedBy', 'user:ana', 'reason', repeat('x', ${characters}::int)),
        '{}', now(), now()
      from generate_series(1, ${count}::int)
    `.execute(reader),
  );
}

async function isSent(environment: string): Promise<boolean> {
  const unsent = await opener.read((reader) =>
    reader
      .selectFrom("outbox")
      .select("id")
      .where("environment", "=", environment)
      .where("sent_at", "is", null)
      .execute(),
  );
  return unsent.length === 0;
}
