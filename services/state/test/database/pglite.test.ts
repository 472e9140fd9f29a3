import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import {
  getEnvironmentOverview,
  getEnvironmentState,
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
  advanceTo,
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  transitionTo,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { openEventStream } from "../fixtures/event-reader.ts";
import {
  connectTestBus,
  type RunningState,
  startState,
  TOKENS,
} from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";

const databases: { db: PGlite; server: PGLiteSocketServer }[] = [];
let nats: RunningNats;
let states: RunningState[];
let bus: Bus;

/** A PGlite database as in the local stack, until the tests end. */
async function startPglite(): Promise<string> {
  const db = await PGlite.create();
  const port = await freePort();
  const server = new PGLiteSocketServer({ db, port, host: "127.0.0.1", maxConnections: 20 });
  await server.start();
  databases.push({ db, server });
  return `postgres://postgres@127.0.0.1:${port}/postgres`;
}

beforeAll(async () => {
  nats = await startNats();
  const databaseUrl = await startPglite();
  states = [
    await startState({ databaseUrl, natsUrl: nats.url }),
    await startState({ databaseUrl, natsUrl: nats.url }),
  ];
  bus = await connectTestBus(nats.url);
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

test("completes a deployment while all connections share one session", async () => {
  const environment = uniqueEnvironment();
  const live = await completeNewDeployment(bus, openRequest(environment));
  const waiting = await advanceTo(
    bus,
    await openNewDeployment(bus, openRequest(environment)),
    "AwaitingApproval",
  );
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
  await bus.call(transitionDeployment, transitionTo(decided, "Applying"));
  expect(await bus.call(getEnvironmentOverview, { environment })).toMatchObject({
    active: { id: waiting.id, state: "Applying" },
    live: { deploymentId: live.id },
  });
  const document = await bus.call(getEnvironmentState, { environment });
  expect(document.history.map(({ id }) => id)).toEqual([waiting.id, live.id]);
});

test("streams events from each process and resumes at the other", async () => {
  const environment = uniqueEnvironment();
  const [first = "", second = ""] = states.map(({ url }) => url);
  const query = `?environment=${environment}`;
  const reader = await openEventStream(first, { query });
  const start = reader.lastId();
  await completeNewDeployment(bus, openRequest(environment));
  await eventually("the first stream has received all events", () => reader.events.length === 4);
  reader.disconnect();
  const again = await openEventStream(second, { query, lastId: start });
  await eventually("the second stream has replayed all events", () => again.events.length === 4);
  again.disconnect();
  expect(again.events).toEqual(reader.events);
});

test("opens one deployment for concurrent requests", async () => {
  const request = openRequest(uniqueEnvironment());
  const results = await Promise.all(
    Array.from({ length: 6 }, () => bus.call(openDeployment, request)),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
});

test("exports a backup while the service runs and restores it into another PGlite database", async () => {
  const environment = uniqueEnvironment();
  const [backup] = await Promise.all([
    askForBackup(),
    completeNewDeployment(bus, openRequest(environment)),
  ]);
  const again = await askForBackup();
  expect(linesOf(again)).toBeGreaterThan(linesOf(backup));

  const other = await startNats();
  const target = await startState({ databaseUrl: await startPglite(), natsUrl: other.url });
  try {
    const response = await fetch(`${target.url}/api/gitops/backup`, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKENS.admin}` },
      body: again,
    });
    expect(response.status, await response.text()).toBe(200);
    const document = await requestState(target.url, `/environments/${environment}`);
    expect(document.body).toMatchObject({ currentDeployment: { state: "Completed" } });
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
