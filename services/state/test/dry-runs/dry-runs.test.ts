import {
  dryRunRecorded,
  getEnvironmentOverview,
  getEnvironmentState,
  pollNow,
  recordDryRun,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  newCommit,
  openNewDeployment,
  openRequest,
  planOf,
  randomHex,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { TOKENS } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();

async function dryRunRequest(environment: string, trigger: "sync" | "commit" = "sync") {
  const deployment = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(uniqueEnvironment())),
    "Planning",
  );
  const plan = planOf(deployment, randomHex(32), true);
  return {
    environment,
    commit: newCommit(),
    treeHash: randomHex(20),
    trigger,
    initiatedBy: "user:oscar@example.com",
    requestId: `dry-run-${randomHex(8)}`,
    plan: { ...plan, environment },
    errorMessage: null,
  };
}

test("records a plan once, emits one event and changes nothing else", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "AwaitingApproval",
  );
  const before = await bus().call(getEnvironmentState, { environment });
  const situation = await bus().call(getEnvironmentOverview, { environment });
  const request = await dryRunRequest(environment);

  const { id } = await bus().call(recordDryRun, request);
  expect(await bus().call(recordDryRun, request)).toEqual({ id });

  const { lastDryRun, ...after } = await bus().call(getEnvironmentState, { environment });
  expect({ ...after, lastDryRun: null }).toEqual(before);
  expect(lastDryRun).toMatchObject({ id, outcome: "planned", commit: request.commit.id });
  expect(await bus().call(getEnvironmentOverview, { environment })).toEqual(situation);
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

test("finds a dry run by request id and returns its plan from the plan endpoint", async () => {
  const environment = uniqueEnvironment();
  const asked = `/environments/${environment}/dry-runs`;
  expect((await requestState(url(), asked)).status).toBe(404);
  const request = await dryRunRequest(environment);
  const byRequest = `${asked}?requestId=${request.requestId}`;
  expect((await requestState(url(), byRequest)).body).toEqual({ items: [], next: null });
  const { id } = await bus().call(recordDryRun, request);
  const broken = {
    ...(await dryRunRequest(environment)),
    plan: null,
    errorMessage: "metadata.json:3:1 no",
  };
  const failed = await bus().call(recordDryRun, broken);

  expect((await requestState(url(), byRequest)).body).toMatchObject({ items: [{ id }] });
  const first = await requestState(url(), `${asked}?limit=1`);
  expect(first.body).toMatchObject({ items: [{ id: failed.id, outcome: "failed" }] });
  const second = await requestState(url(), `${asked}?limit=1&cursor=${first.body.next}`);
  expect(second.body).toMatchObject({
    items: [{ id, riskLevel: request.plan.riskLevel }],
    next: null,
  });
  const { body } = await requestState(url(), `/dry-runs/${id}`);
  expect(body).toMatchObject({ plan: request.plan, treeHash: request.treeHash });
  expect((await requestState(url(), `/deployments/${id}/plan`)).body).toEqual(request.plan);
  expect(await requestState(url(), `/deployments/${failed.id}/plan`)).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining("metadata.json:3:1 no") },
  });
  expect((await requestState(url(), "/dry-runs/nothing")).status).toBe(404);
});

test("reports only commit-triggered dry runs as the last dry run of the overview", async () => {
  const environment = uniqueEnvironment();
  await bus().call(recordDryRun, await dryRunRequest(environment));
  expect((await bus().call(getEnvironmentOverview, { environment })).lastDryRun).toBeNull();
  const request = await dryRunRequest(environment, "commit");
  await bus().call(recordDryRun, request);
  expect((await bus().call(getEnvironmentOverview, { environment })).lastDryRun).toEqual({
    commit: request.commit.id,
    treeHash: request.treeHash,
  });
});

test("accepts a dry-run sync from an operator, without force and overrideWindow", async () => {
  const asked: unknown[] = [];
  const stop = bus().serve(pollNow, async (request) => {
    asked.push(request);
    return { commit: "a".repeat(40), detected: true, requestId: "dry-run-1" };
  });
  const sync = (body: object, token?: string) =>
    requestState(url(), "/environments/production/sync", { body, ...(token ? { token } : {}) });
  expect(await sync({ dryRun: true })).toMatchObject({
    status: 202,
    body: { requestId: "dry-run-1" },
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
