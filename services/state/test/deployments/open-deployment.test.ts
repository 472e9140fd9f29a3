import {
  getDeployment,
  getEnvironmentOverview,
  getEnvironmentState,
  openDeployment,
  recordCommitSeen,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  newCommit,
  openNewDeployment,
  openRequest,
  randomHex,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { callOutcome } from "../fixtures/running-state.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus } = stateUnderTest();

test("opens a deployment whose id contains environment, time and commit", async () => {
  const environment = uniqueEnvironment();
  const request = openRequest(environment);
  const { deployment, created } = await bus().call(openDeployment, request);
  expect(created).toBe(true);
  expect(deployment?.id).toMatch(
    new RegExp(`^${environment}-\\d{8}-\\d{6}-${request.commit.id.slice(0, 7)}$`),
  );
  expect(deployment).toMatchObject({ state: "Pending", version: 1, commit: request.commit });
  const situation = await bus().call(getEnvironmentOverview, { environment });
  expect(situation).toMatchObject({
    active: { id: deployment?.id },
    live: null,
    health: "Progressing",
    syncStatus: "Syncing",
  });
});

test("opens one deployment for concurrent repeats of a request", async () => {
  const request = openRequest(uniqueEnvironment());
  const results = await Promise.all(
    Array.from({ length: 8 }, () => bus().call(openDeployment, request)),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(results.map(({ deployment }) => deployment?.id)).size).toBe(1);
});

test("opens one deployment for concurrent messages about one commit", async () => {
  const request = openRequest(uniqueEnvironment());
  const results = await Promise.all(
    [randomHex(8), randomHex(8)].map((requestId) =>
      bus().call(openDeployment, { ...request, requestId }),
    ),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
});

test("supersedes a waiting deployment when a newer commit arrives", async () => {
  const environment = uniqueEnvironment();
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "AwaitingApproval",
  );
  const newer = await openNewDeployment(bus(), openRequest(environment));
  const superseded = await bus().call(getDeployment, { deploymentId: waiting.id });
  expect(superseded).toMatchObject({ state: "Failed", reason: "Superseded" });
  expect(superseded.errorMessage).toContain(newer.commit.id.slice(0, 7));
});

test("raises busy for a newer commit while a deployment is applied", async () => {
  const environment = uniqueEnvironment();
  await advanceTo(bus(), await openNewDeployment(bus(), openRequest(environment)), "Applying");
  const outcome = await callOutcome(bus(), openDeployment, openRequest(environment));
  expect(outcome).toMatchObject({ error: { code: "busy", kind: "transient" } });
});

test("quarantines a rolled-back commit until a forced sync", async () => {
  const environment = uniqueEnvironment();
  const request = openRequest(environment);
  const failed = await advanceTo(bus(), await openNewDeployment(bus(), request), "RolledBack");
  const again = await bus().call(openDeployment, { ...request, requestId: randomHex(8) });
  expect(again).toMatchObject({ created: false, deployment: { id: failed.id } });
  const forced = { ...request, trigger: "sync" as const, requestId: randomHex(8) };
  expect(await bus().call(openDeployment, forced)).toMatchObject({ created: true });
  expect(await bus().call(openDeployment, forced)).toMatchObject({ created: false });
});

test("marks the environment as synced after a revert to the live content", async () => {
  const environment = uniqueEnvironment();
  const live = await completeNewDeployment(bus(), openRequest(environment));
  await advanceTo(bus(), await openNewDeployment(bus(), openRequest(environment)), "RolledBack");
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    health: "Degraded",
    syncStatus: "OutOfSync",
    live: { deploymentId: live.id },
  });
  const revert = openRequest(environment, { treeHash: live.treeHash });
  expect(await bus().call(openDeployment, revert)).toMatchObject({
    deployment: null,
    created: false,
  });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    health: "Healthy",
    syncStatus: "Synced",
    latestCommit: revert.commit.id,
    deployedCommit: live.commit.id,
  });
});

test("supersedes a deployment that awaits approval after a revert", async () => {
  const environment = uniqueEnvironment();
  const live = await completeNewDeployment(bus(), openRequest(environment));
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "AwaitingApproval",
  );
  await bus().call(openDeployment, openRequest(environment, { treeHash: live.treeHash }));
  expect(await bus().call(getDeployment, { deploymentId: waiting.id })).toMatchObject({
    reason: "Superseded",
  });
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    active: null,
    syncStatus: "Synced",
  });
});

test("deploys a formerly live commit again after a forced push", async () => {
  const environment = uniqueEnvironment();
  const first = openRequest(environment);
  await completeNewDeployment(bus(), first);
  await completeNewDeployment(bus(), openRequest(environment));
  const back = await bus().call(openDeployment, { ...first, requestId: randomHex(8) });
  expect(back.created).toBe(true);
});

test("does not quarantine a commit that was superseded before it started", async () => {
  const environment = uniqueEnvironment();
  const first = openRequest(environment);
  await openNewDeployment(bus(), first);
  await openNewDeployment(bus(), openRequest(environment));
  expect(await bus().call(openDeployment, { ...first, requestId: randomHex(8) })).toMatchObject({
    created: true,
  });
});

test("gives deployments of one commit in the same second different ids", async () => {
  const request = openRequest(uniqueEnvironment(), { trigger: "sync" });
  const ids = new Set<string>();
  for (let n = 0; n < 4; n += 1) {
    ids.add((await openNewDeployment(bus(), { ...request, requestId: randomHex(8) })).id);
  }
  expect(ids.size).toBe(4);
});

test("records a seen commit that has no deployment", async () => {
  const environment = uniqueEnvironment();
  const { id } = newCommit();
  await bus().call(recordCommitSeen, { environment, commit: id, branch: "main" });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    latestCommit: id,
    currentDeployment: null,
    health: "Unknown",
  });
});
