import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  approvalsStatus,
  type Deployment,
  environmentState,
  getEnvironmentState,
  getGitopsHealth,
  pollNow,
  reportObservation,
  watcherStatus,
} from "@honua/contracts";
import { type Bus, PermanentError, type Stop } from "@honua/service-kit";
import { eventually } from "@honua/testing/eventually";
import { type RunningNats, startNats } from "@honua/testing/nats";
import { askDescribed } from "@honua/testing/openapi-contract";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  randomHex,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import {
  connectTestBus,
  type RunningState,
  startState,
  TOKENS,
} from "../fixtures/running-state.ts";
import { contract } from "../fixtures/state-api.ts";

let database: TestDatabase;
let nats: RunningNats;
let state: RunningState;
let bus: Bus;
let directory: string;
const stops: Stop[] = [];

beforeAll(async () => {
  [database, nats] = await Promise.all([createDatabase(), startNats()]);
  directory = join(await mkdtemp(join(tmpdir(), "honua-state-")), "deployments");
  state = await startState({
    databaseUrl: database.url,
    natsUrl: nats.url,
    stateDirectory: directory,
  });
  bus = await connectTestBus(nats.url, "watcher");
});
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});
afterAll(async () => {
  await bus?.close();
  await state?.stop();
  await nats?.stop();
  await database?.drop();
  await rm(join(directory, ".."), { recursive: true, force: true });
});

async function sendRequest(path: string, options: { token?: string; body?: string } = {}) {
  const { token = TOKENS.viewer, body } = options;
  const { status, answer } = await askDescribed(contract, state.url, path, {
    ...(body === undefined ? {} : { method: "POST", body }),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  return { status, body: answer };
}

describe("read requests", () => {
  test.each(["deployments/%00", "deployments/%00/plan", "dry-runs/%00", "audit?actor=%00"])(
    "return 400 for the NUL character in %s",
    async (path) => {
      const { status, body } = await sendRequest(`/api/gitops/${path}`);
      expect(status).toBe(400);
      expect(body).toMatchObject({ code: "invalid-request" });
    },
  );

  test("return the same state document over HTTP, on the bus and in the state file", async () => {
    const environment = uniqueEnvironment();
    const live = await completeNewDeployment(bus, openRequest(environment));
    const failed = await advanceTo(
      bus,
      await openNewDeployment(bus, openRequest(environment)),
      "RolledBack",
    );
    const { status, body } = await sendRequest(`/api/gitops/environments/${environment}`);
    expect(status).toBe(200);
    const document = environmentState.parse(body);
    expect(document).toMatchObject({
      currentDeployment: { id: failed.id, state: "RolledBack", health: "Degraded" },
      lastSuccessfulDeployment: { id: live.id, state: "Completed", health: "Healthy" },
      deployedCommit: live.commit.id,
      deployedRelease: live.release,
      latestCommit: failed.commit.id,
      health: "Degraded",
      syncStatus: "OutOfSync",
    });
    expect(document.history.map(({ id }) => id)).toEqual([failed.id, live.id]);
    expect(await bus.call(getEnvironmentState, { environment })).toEqual(document);
    const path = join(directory, `${environment}.json`);
    await eventually("the state file has the same content", async () => {
      const content = JSON.parse(await readFile(path, "utf8")) as unknown;
      expect(content).toEqual(document);
      return true;
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const all = await sendRequest("/api/gitops/environments");
    expect((all.body.items as { environment: string }[]).map((item) => item.environment)).toContain(
      environment,
    );
  });

  test("list deployments in pages without gaps or repeats", async () => {
    const environment = uniqueEnvironment();
    const made: Deployment[] = [];
    const request = openRequest(environment, { trigger: "sync" });
    for (let n = 0; n < 5; n += 1) {
      made.unshift(await openNewDeployment(bus, { ...request, requestId: randomHex(8) }));
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "limit=2" : `limit=2&cursor=${cursor}`;
      const { body } = await sendRequest(
        `/api/gitops/environments/${environment}/deployments?${query}`,
      );
      seen.push(...(body.items as { id: string }[]).map(({ id }) => id));
      cursor = body.next as string | null;
    }
    expect(seen).toEqual(made.map(({ id }) => id));
  });

  test("return a deployment, and its plan if there is one", async () => {
    const pending = await openNewDeployment(bus, openRequest(uniqueEnvironment()));
    const path = `/api/gitops/deployments/${pending.id}`;
    expect(await sendRequest(path)).toMatchObject({ status: 200, body: { id: pending.id } });
    expect(await sendRequest(`${path}/plan`)).toMatchObject({ status: 404 });
    const waiting = await advanceTo(bus, pending, "AwaitingApproval");
    expect(await sendRequest(`${path}/plan`)).toMatchObject({
      status: 200,
      body: { planDigest: waiting.plan?.planDigest },
    });
  });

  test("list environments in pages, by name", async () => {
    const made = [uniqueEnvironment(), uniqueEnvironment(), uniqueEnvironment()].sort();
    for (const environment of made) await openNewDeployment(bus, openRequest(environment));
    const seen: string[] = [];
    for (let query = "limit=2"; query !== ""; ) {
      const { body } = await sendRequest(`/api/gitops/environments?${query}`);
      const items = body.items as { environment: string }[];
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items.map(({ environment }) => environment));
      query = body.next ? `limit=2&cursor=${body.next}` : "";
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(made));
  });

  test("filter deployments by state, also in pages", async () => {
    const environment = uniqueEnvironment();
    const path = `/api/gitops/environments/${environment}/deployments`;
    const live = await completeNewDeployment(bus, openRequest(environment));
    const first = await advanceTo(
      bus,
      await openNewDeployment(bus, openRequest(environment)),
      "RolledBack",
    );
    const second = await advanceTo(
      bus,
      await openNewDeployment(bus, openRequest(environment)),
      "RolledBack",
    );
    const idsOf = (body: Record<string, unknown>) =>
      (body.items as { id: string }[]).map(({ id }) => id);
    const { body } = await sendRequest(`${path}?state=RolledBack&limit=1`);
    expect(idsOf(body)).toEqual([second.id]);
    const next = await sendRequest(`${path}?state=RolledBack&limit=1&cursor=${body.next}`);
    expect(idsOf(next.body)).toEqual([first.id]);
    expect(next.body.next).toBeNull();
    const both = await sendRequest(`${path}?state=RolledBack,Completed`);
    expect(idsOf(both.body)).toEqual([second.id, first.id, live.id]);
  });

  test.each([
    ["/api/gitops/environments?cursor=%21", 400],
    ["/api/gitops/environments?limit=201", 400],
    ["/api/gitops/environments/nowhere/deployments", 404],
    ["/api/gitops/environments/nowhere/deployments?state=Done", 400],
    ["/api/gitops/environments/nowhere", 404],
    ["/api/gitops/environments/Not_A_Name", 400],
    ["/api/gitops/environments/nowhere/deployments?limit=0", 400],
    ["/api/gitops/environments/nowhere/deployments?cursor=%21", 400],
    ["/api/gitops/environments/nowhere/deployments?page=2", 400],
    ["/api/gitops/deployments/nothing", 404],
  ])("%s returns %i", async (path, status) => {
    expect((await sendRequest(path)).status).toBe(status);
  });

  test("name the parameter of an invalid environment name, and describe its pattern", async () => {
    const { body } = await sendRequest("/api/gitops/environments/Not_A_Name");
    expect(body.detail).toMatch(/^environment: an environment is/);
    const description = (await sendRequest("/api/openapi.json", { token: "" })).body;
    expect(description).toHaveProperty(
      ["paths", "/api/gitops/environments/{environment}", "parameters", 0, "schema", "pattern"],
      expect.stringContaining("[a-z0-9]"),
    );
  });

  test("require a token except for health and the OpenAPI document", async () => {
    expect((await sendRequest("/api/gitops/environments", { token: "" })).status).toBe(401);
    expect((await sendRequest("/health/live", { token: "" })).status).toBe(200);
    expect((await sendRequest("/health/ready", { token: "" })).status).toBe(200);
    const { body } = await sendRequest("/api/openapi.json", { token: "" });
    expect(body.openapi).toBe("3.1.0");
    expect(Object.keys(body.paths as object)).toContain("/api/gitops/deployments/{id}/plan");
  });
});

describe("sync", () => {
  test("asks the watcher to poll, with force and the requester", async () => {
    const received: unknown[] = [];
    stops.push(
      bus.serve(pollNow, async (request) => {
        received.push(request);
        return { commit: "a".repeat(40), detected: true };
      }),
    );
    const path = "/api/gitops/environments/production/sync";
    const body = JSON.stringify({ force: true, reason: "after the outage" });
    expect(await sendRequest(path, { token: TOKENS.operator, body })).toEqual({
      status: 202,
      body: { commit: "a".repeat(40), detected: true },
    });
    expect(received).toEqual([
      {
        environment: "production",
        force: true,
        dryRun: false,
        requestedBy: "user:oscar@example.com",
      },
    ]);
    expect((await sendRequest(path, { body })).status).toBe(403);
    const typo = await sendRequest(path, { token: TOKENS.operator, body: '{"forced":true}' });
    expect(typo.status).toBe(400);
  });

  test("returns the watcher's refusal, and 503 if the watcher is unavailable", async () => {
    const path = "/api/gitops/environments/production/sync";
    expect((await sendRequest(path, { token: TOKENS.operator, body: "{}" })).status).toBe(503);
    stops.push(
      bus.serve(pollNow, async () => {
        throw new PermanentError("not-found", "no source feeds 'production'");
      }),
    );
    expect(await sendRequest(path, { token: TOKENS.operator, body: "{}" })).toMatchObject({
      status: 404,
      body: { detail: "no source feeds 'production'" },
    });
  });
});

test.each([
  ["{", 400],
  [`{"reason":"${"x".repeat(70_000)}"}`, 413],
])("a body such as %.20s is a problem %i", async (body, status) => {
  const path = "/api/gitops/environments/production/pause";
  expect((await sendRequest(path, { token: TOKENS.operator, body })).status).toBe(status);
});

describe("health", () => {
  test("shows each component, the last reconciliation and the next poll", async () => {
    await completeNewDeployment(bus, openRequest(uniqueEnvironment()));
    const away = await sendRequest("/health/gitops", { token: "" });
    expect(away).toMatchObject({
      status: 503,
      body: {
        components: { GitWatcher: "Unhealthy", Approvals: "Unhealthy" },
        reasons: { GitWatcher: "the watcher does not respond" },
      },
    });
    stops.push(bus.serve(approvalsStatus, async () => ({ channels: [] })));
    stops.push(bus.serve(watcherStatus, async () => ({ sources: [] })));
    const { body } = await sendRequest("/health/gitops", { token: "" });
    expect(body).toMatchObject({
      components: {
        GitWatcher: "Healthy",
        Approvals: "Healthy",
        DeploymentStateStore: "Healthy",
        MessageBus: "Healthy",
      },
      lastReconciliation: expect.stringMatching(/^\d{4}-/),
      nextPoll: null,
    });
    expect(await bus.call(getGitopsHealth, {})).toEqual(body);
  });

  test("renews the document without an event for an unchanged observation", async () => {
    const environment = uniqueEnvironment();
    await completeNewDeployment(bus, openRequest(environment));
    const before = await bus.call(getEnvironmentState, { environment });
    const observation = {
      environment,
      health: "Healthy" as const,
      syncStatus: "Synced" as const,
      message: "No drift",
    };
    expect(await bus.call(reportObservation, observation)).toEqual({ changed: false });
    const after = await bus.call(getEnvironmentState, { environment });
    expect(Date.parse(after.lastUpdated)).toBeGreaterThanOrEqual(Date.parse(before.lastUpdated));
    const drift = { ...observation, health: "Degraded" as const };
    expect(await bus.call(reportObservation, drift)).toEqual({ changed: true });
    expect(await bus.call(reportObservation, drift)).toEqual({ changed: false });
  });
});
