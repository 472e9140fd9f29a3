import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import {
  getEnvironmentState,
  getSituation,
  openDeployment,
  recordDecision,
  transitionDeployment,
} from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../../../test/harness/eventually.ts";
import { freePort } from "../../../test/harness/free-port.ts";
import { type RunningNats, startNats } from "../../../test/harness/nats.ts";
import { anEnvironment, aRequest, deployed, driveTo, opened, toState } from "./a-deployment.ts";
import { readStream } from "./event-reader.ts";
import { joinBus, type RunningState, startState } from "./running-state.ts";

let pglite: PGlite;
let server: PGLiteSocketServer;
let nats: RunningNats;
let states: RunningState[];
let bus: Bus;

beforeAll(async () => {
  pglite = await PGlite.create();
  const port = await freePort();
  server = new PGLiteSocketServer({ db: pglite, port, host: "127.0.0.1", maxConnections: 20 });
  await server.start();
  nats = await startNats();
  const databaseUrl = `postgres://postgres@127.0.0.1:${port}/postgres`;
  states = [
    await startState({ databaseUrl, natsUrl: nats.url }),
    await startState({ databaseUrl, natsUrl: nats.url }),
  ];
  bus = await joinBus(nats.url);
});
afterAll(async () => {
  await bus?.close();
  await Promise.all((states ?? []).map((state) => state.stop()));
  await nats?.stop();
  await server?.stop();
  await pglite?.close();
});

test("the whole way of a deployment works where all connections share one session", async () => {
  const environment = anEnvironment();
  const live = await deployed(bus, aRequest(environment));
  const waiting = await driveTo(bus, await opened(bus, aRequest(environment)), "AwaitingApproval");
  const decided = await bus.call(recordDecision, {
    deploymentId: waiting.id,
    decision: {
      outcome: "approved",
      subject: "ana@example.com",
      recordedBy: "ana@example.com",
      method: "token",
      planDigest: waiting.plan?.planDigest ?? "",
    },
  });
  await bus.call(transitionDeployment, toState(decided, "Applying"));
  expect(await bus.call(getSituation, { environment })).toMatchObject({
    active: { id: waiting.id, state: "Applying" },
    live: { deploymentId: live.id },
  });
  const document = await bus.call(getEnvironmentState, { environment });
  expect(document.history.map(({ id }) => id)).toEqual([waiting.id, live.id]);
});

test("events are streamed by each process, and resumed by the other", async () => {
  const environment = anEnvironment();
  const [first = "", second = ""] = states.map(({ url }) => url);
  const query = `?environment=${environment}`;
  const reader = await readStream(first, { query });
  const start = reader.lastId();
  await deployed(bus, aRequest(environment));
  await eventually("all have arrived", () => reader.events.length === 4);
  reader.cut();
  const again = await readStream(second, { query, lastId: start });
  await eventually("all have arrived again", () => again.events.length === 4);
  again.cut();
  expect(again.events).toEqual(reader.events);
});

test("requests at once open one deployment", async () => {
  const request = aRequest(anEnvironment());
  const results = await Promise.all(
    Array.from({ length: 6 }, () => bus.call(openDeployment, request)),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
});
