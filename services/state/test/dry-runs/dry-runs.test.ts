import {
  dryRunRecorded,
  getEnvironmentState,
  getSituation,
  pollNow,
  recordDryRun,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  aCommit,
  anEnvironment,
  aPlan,
  aRequest,
  deployed,
  driveTo,
  hex,
  opened,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { TOKENS } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();

async function aDryRun(environment: string, trigger: "sync" | "commit" = "sync") {
  const deployment = await driveTo(
    bus(),
    await opened(bus(), aRequest(anEnvironment())),
    "Planning",
  );
  const plan = aPlan(deployment, hex(32), true);
  return {
    environment,
    commit: aCommit(),
    treeHash: hex(20),
    trigger,
    initiatedBy: "user:oscar@example.com",
    requestId: `dry-run-${hex(8)}`,
    plan: { ...plan, environment },
    errorMessage: null,
  };
}

test("a plan is recorded once and told once, and nothing else has changed", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(environment)),
    "AwaitingApproval",
  );
  const before = await bus().call(getEnvironmentState, { environment });
  const situation = await bus().call(getSituation, { environment });
  const request = await aDryRun(environment);

  const { id } = await bus().call(recordDryRun, request);
  expect(await bus().call(recordDryRun, request)).toEqual({ id });

  const { lastDryRun, ...after } = await bus().call(getEnvironmentState, { environment });
  expect({ ...after, lastDryRun: null }).toEqual(before);
  expect(lastDryRun).toMatchObject({ id, outcome: "planned", commit: request.commit.id });
  expect(await bus().call(getSituation, { environment })).toEqual(situation);
  expect(situation.active?.id).toBe(waiting.id);

  const { planDigest, riskLevel } = request.plan;
  expect(await publishedEvents(natsUrl(), environment, dryRunRecorded.type)).toEqual([
    {
      type: dryRunRecorded.type,
      data: {
        dryRunId: id,
        commit: request.commit.id,
        initiatedBy: "user:oscar@example.com",
        outcome: "planned",
        planDigest,
        riskLevel,
        changes: request.plan.changes.length,
        requiresApproval: true,
        errorMessage: null,
      },
    },
  ]);
});

test("it is found by who asked, in full, and its plan where plans are", async () => {
  const environment = anEnvironment();
  const asked = `/environments/${environment}/dry-runs`;
  expect((await askState(url(), asked)).status).toBe(404);
  const request = await aDryRun(environment);
  const byRequest = `${asked}?requestId=${request.requestId}`;
  expect((await askState(url(), byRequest)).answer).toEqual({ items: [], next: null });
  const { id } = await bus().call(recordDryRun, request);
  const broken = {
    ...(await aDryRun(environment)),
    plan: null,
    errorMessage: "metadata.json:3:1 no",
  };
  const failed = await bus().call(recordDryRun, broken);

  expect((await askState(url(), byRequest)).answer).toMatchObject({ items: [{ id }] });
  const first = await askState(url(), `${asked}?limit=1`);
  expect(first.answer).toMatchObject({ items: [{ id: failed.id, outcome: "failed" }] });
  const second = await askState(url(), `${asked}?limit=1&cursor=${first.answer.next}`);
  expect(second.answer).toMatchObject({
    items: [{ id, riskLevel: request.plan.riskLevel }],
    next: null,
  });
  const { answer } = await askState(url(), `/dry-runs/${id}`);
  expect(answer).toMatchObject({ plan: request.plan, treeHash: request.treeHash });
  expect((await askState(url(), `/deployments/${id}/plan`)).answer).toEqual(request.plan);
  expect(await askState(url(), `/deployments/${failed.id}/plan`)).toMatchObject({
    status: 404,
    answer: { detail: expect.stringContaining("metadata.json:3:1 no") },
  });
  expect((await askState(url(), "/dry-runs/nothing")).status).toBe(404);
});

test("only what a server that plans has planned counts as taken over by the watcher", async () => {
  const environment = anEnvironment();
  await bus().call(recordDryRun, await aDryRun(environment));
  expect((await bus().call(getSituation, { environment })).lastDryRun).toBeNull();
  const request = await aDryRun(environment, "commit");
  await bus().call(recordDryRun, request);
  expect((await bus().call(getSituation, { environment })).lastDryRun).toEqual({
    commit: request.commit.id,
    treeHash: request.treeHash,
  });
});

test("a sync can be dry, by an operator, and then neither forces nor overrides", async () => {
  const asked: unknown[] = [];
  const stop = bus().serve(pollNow, async (request) => {
    asked.push(request);
    return { commit: "a".repeat(40), detected: true, requestId: "dry-run-1" };
  });
  const sync = (body: object, token?: string) =>
    askState(url(), "/environments/production/sync", { body, ...(token ? { token } : {}) });
  expect(await sync({ dryRun: true })).toMatchObject({
    status: 202,
    answer: { requestId: "dry-run-1" },
  });
  expect(asked).toEqual([
    {
      environment: "production",
      force: false,
      dryRun: true,
      requestedBy: "user:oscar@example.com",
    },
  ]);
  expect((await sync({ dryRun: true, force: true })).status).toBe(400);
  expect((await sync({ dryRun: true }, TOKENS.viewer)).status).toBe(403);
  await stop();
});
