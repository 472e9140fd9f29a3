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
  anEnvironment,
  aRequest,
  deployed,
  driveTo,
  hex,
  opened,
} from "../fixtures/deployment-fixtures.ts";
import { joinBus, type RunningState, startState, TOKENS } from "../fixtures/running-state.ts";
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
  bus = await joinBus(nats.url, "watcher");
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

async function ask(path: string, options: { token?: string; body?: string } = {}) {
  const { token = TOKENS.viewer, body } = options;
  const { status, answer } = await askDescribed(contract, state.url, path, {
    ...(body === undefined ? {} : { method: "POST", body }),
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  return { status, answer };
}

describe("reading", () => {
  test.each(["deployments/%00", "deployments/%00/plan", "dry-runs/%00", "audit?actor=%00"])(
    "returns 400 for the NUL character in %s",
    async (path) => {
      const { status, answer } = await ask(`/api/gitops/${path}`);
      expect(status).toBe(400);
      expect(answer).toMatchObject({ code: "invalid-request" });
    },
  );

  test("an environment is its state document, over HTTP, on the bus and in its file", async () => {
    const environment = anEnvironment();
    const live = await deployed(bus, aRequest(environment));
    const failed = await driveTo(bus, await opened(bus, aRequest(environment)), "RolledBack");
    const { status, answer } = await ask(`/api/gitops/environments/${environment}`);
    expect(status).toBe(200);
    const document = environmentState.parse(answer);
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
    await eventually("the file says the same", async () => {
      const content = JSON.parse(await readFile(path, "utf8")) as unknown;
      expect(content).toEqual(document);
      return true;
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const all = await ask("/api/gitops/environments");
    expect(
      (all.answer.items as { environment: string }[]).map((item) => item.environment),
    ).toContain(environment);
  });

  test("deployments are listed by pages that neither skip nor repeat", async () => {
    const environment = anEnvironment();
    const made: Deployment[] = [];
    const request = aRequest(environment, { trigger: "sync" });
    for (let n = 0; n < 5; n += 1) {
      made.unshift(await opened(bus, { ...request, requestId: hex(8) }));
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor === "" ? "limit=2" : `limit=2&cursor=${cursor}`;
      const { answer } = await ask(`/api/gitops/environments/${environment}/deployments?${query}`);
      seen.push(...(answer.items as { id: string }[]).map(({ id }) => id));
      cursor = answer.next as string | null;
    }
    expect(seen).toEqual(made.map(({ id }) => id));
  });

  test("one deployment, and its plan once there is one", async () => {
    const pending = await opened(bus, aRequest(anEnvironment()));
    const path = `/api/gitops/deployments/${pending.id}`;
    expect(await ask(path)).toMatchObject({ status: 200, answer: { id: pending.id } });
    expect(await ask(`${path}/plan`)).toMatchObject({ status: 404 });
    const waiting = await driveTo(bus, pending, "AwaitingApproval");
    expect(await ask(`${path}/plan`)).toMatchObject({
      status: 200,
      answer: { planDigest: waiting.plan?.planDigest },
    });
  });

  test("environments are listed by pages, by name", async () => {
    const made = [anEnvironment(), anEnvironment(), anEnvironment()].sort();
    for (const environment of made) await opened(bus, aRequest(environment));
    const seen: string[] = [];
    for (let query = "limit=2"; query !== ""; ) {
      const { answer } = await ask(`/api/gitops/environments?${query}`);
      const items = answer.items as { environment: string }[];
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items.map(({ environment }) => environment));
      query = answer.next ? `limit=2&cursor=${answer.next}` : "";
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining(made));
  });

  test("deployments are listed by state, by pages as well", async () => {
    const environment = anEnvironment();
    const path = `/api/gitops/environments/${environment}/deployments`;
    const live = await deployed(bus, aRequest(environment));
    const first = await driveTo(bus, await opened(bus, aRequest(environment)), "RolledBack");
    const second = await driveTo(bus, await opened(bus, aRequest(environment)), "RolledBack");
    const idsOf = (answer: Record<string, unknown>) =>
      (answer.items as { id: string }[]).map(({ id }) => id);
    const { answer } = await ask(`${path}?state=RolledBack&limit=1`);
    expect(idsOf(answer)).toEqual([second.id]);
    const next = await ask(`${path}?state=RolledBack&limit=1&cursor=${answer.next}`);
    expect(idsOf(next.answer)).toEqual([first.id]);
    expect(next.answer.next).toBeNull();
    const both = await ask(`${path}?state=RolledBack,Completed`);
    expect(idsOf(both.answer)).toEqual([second.id, first.id, live.id]);
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
  ])("%s is %i", async (path, status) => {
    expect((await ask(path)).status).toBe(status);
  });

  test("a name that is none is told as what it stands for, and described", async () => {
    const { answer } = await ask("/api/gitops/environments/Not_A_Name");
    expect(answer.detail).toMatch(/^environment: an environment is/);
    const description = (await ask("/api/openapi.json", { token: "" })).answer;
    expect(description).toHaveProperty(
      ["paths", "/api/gitops/environments/{environment}", "parameters", 0, "schema", "pattern"],
      expect.stringContaining("[a-z0-9]"),
    );
  });

  test("nothing is anonymous except health and the description", async () => {
    expect((await ask("/api/gitops/environments", { token: "" })).status).toBe(401);
    expect((await ask("/health/live", { token: "" })).status).toBe(200);
    expect((await ask("/health/ready", { token: "" })).status).toBe(200);
    const { answer } = await ask("/api/openapi.json", { token: "" });
    expect(answer.openapi).toBe("3.1.0");
    expect(Object.keys(answer.paths as object)).toContain("/api/gitops/deployments/{id}/plan");
  });
});

describe("sync", () => {
  test("asks the watcher to look now, and passes force and who it was", async () => {
    const asked: unknown[] = [];
    stops.push(
      bus.serve(pollNow, async (request) => {
        asked.push(request);
        return { commit: "a".repeat(40), detected: true };
      }),
    );
    const path = "/api/gitops/environments/production/sync";
    const body = JSON.stringify({ force: true, reason: "after the outage" });
    expect(await ask(path, { token: TOKENS.operator, body })).toEqual({
      status: 202,
      answer: { commit: "a".repeat(40), detected: true },
    });
    expect(asked).toEqual([
      {
        environment: "production",
        force: true,
        dryRun: false,
        requestedBy: "user:oscar@example.com",
      },
    ]);
    expect((await ask(path, { body })).status).toBe(403);
    const typo = await ask(path, { token: TOKENS.operator, body: '{"forced":true}' });
    expect(typo.status).toBe(400);
  });

  test("tells what the watcher refused, and that it is away", async () => {
    const path = "/api/gitops/environments/production/sync";
    expect((await ask(path, { token: TOKENS.operator, body: "{}" })).status).toBe(503);
    stops.push(
      bus.serve(pollNow, async () => {
        throw new PermanentError("not-found", "no source feeds 'production'");
      }),
    );
    expect(await ask(path, { token: TOKENS.operator, body: "{}" })).toMatchObject({
      status: 404,
      answer: { detail: "no source feeds 'production'" },
    });
  });
});

test.each([
  ["{", 400],
  [`{"reason":"${"x".repeat(70_000)}"}`, 413],
])("a body such as %.20s is a problem %i", async (body, status) => {
  const path = "/api/gitops/environments/production/pause";
  expect((await ask(path, { token: TOKENS.operator, body })).status).toBe(status);
});

describe("health", () => {
  test("of the whole shows each part, the last reconciliation and the next poll", async () => {
    await deployed(bus, aRequest(anEnvironment()));
    const away = await ask("/health/gitops", { token: "" });
    expect(away).toMatchObject({
      status: 503,
      answer: {
        components: { GitWatcher: "Unhealthy", Approvals: "Unhealthy" },
        reasons: { GitWatcher: "the watcher does not answer" },
      },
    });
    stops.push(bus.serve(approvalsStatus, async () => ({ channels: [] })));
    stops.push(bus.serve(watcherStatus, async () => ({ sources: [] })));
    const { answer } = await ask("/health/gitops", { token: "" });
    expect(answer).toMatchObject({
      components: {
        GitWatcher: "Healthy",
        Approvals: "Healthy",
        DeploymentStateStore: "Healthy",
        MessageBus: "Healthy",
      },
      lastReconciliation: expect.stringMatching(/^\d{4}-/),
      nextPoll: null,
    });
    expect(await bus.call(getGitopsHealth, {})).toEqual(answer);
  });

  test("an observation that changes nothing renews the document and tells nobody", async () => {
    const environment = anEnvironment();
    await deployed(bus, aRequest(environment));
    const before = await bus.call(getEnvironmentState, { environment });
    const observation = {
      environment,
      health: "Healthy" as const,
      syncStatus: "Synced" as const,
      message: "as it should be",
    };
    expect(await bus.call(reportObservation, observation)).toEqual({ changed: false });
    const after = await bus.call(getEnvironmentState, { environment });
    expect(Date.parse(after.lastUpdated)).toBeGreaterThanOrEqual(Date.parse(before.lastUpdated));
    const drift = { ...observation, health: "Degraded" as const };
    expect(await bus.call(reportObservation, drift)).toEqual({ changed: true });
    expect(await bus.call(reportObservation, drift)).toEqual({ changed: false });
  });
});
