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
import { eventually } from "@honua/testing/eventually";
import { freePort } from "@honua/testing/free-port";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  anEnvironment,
  aRequest,
  deployed,
  driveTo,
  opened,
  toState,
} from "../fixtures/deployment-fixtures.ts";
import { readStream } from "../fixtures/event-reader.ts";
import { joinBus, type RunningState, startState, TOKENS } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";

const databases: { db: PGlite; server: PGLiteSocketServer }[] = [];
let nats: RunningNats;
let states: RunningState[];
let bus: Bus;

/** A database as the local stack has one, for as long as the tests run. */
async function aPglite(): Promise<string> {
  const db = await PGlite.create();
  const port = await freePort();
  const server = new PGLiteSocketServer({ db, port, host: "127.0.0.1", maxConnections: 20 });
  await server.start();
  databases.push({ db, server });
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

beforeAll(async () => {
  nats = await startNats();
  const databaseUrl = await aPglite();
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
  for (const { db, server } of databases) {
    await server.stop();
    await db.close();
  }
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

test("a backup is taken while the service works, and restored into another such database", async () => {
  const environment = anEnvironment();
  const [backup] = await Promise.all([askForBackup(), deployed(bus, aRequest(environment))]);
  const again = await askForBackup();
  expect(linesOf(again)).toBeGreaterThan(linesOf(backup));

  const other = await startNats();
  const target = await startState({ databaseUrl: await aPglite(), natsUrl: other.url });
  try {
    const answer = await fetch(`${target.url}/api/gitops/backup`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKENS.admin}` },
      body: again,
    });
    expect(answer.status, await answer.text()).toBe(200);
    const document = await askState(target.url, `/environments/${environment}`);
    expect(document.answer).toMatchObject({ currentDeployment: { state: "Completed" } });
  } finally {
    await target.stop();
    await other.stop();
  }
});

const linesOf = (backup: string) => backup.split("\n").length;

async function askForBackup(): Promise<string> {
  const headers = { authorization: `Bearer ${TOKENS.admin}` };
  return (await fetch(`${states[0]?.url}/api/gitops/backup`, { headers })).text();
}
