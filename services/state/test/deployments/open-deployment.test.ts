import {
  getDeployment,
  getEnvironmentState,
  getSituation,
  openDeployment,
  recordCommitSeen,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  aCommit,
  anEnvironment,
  aRequest,
  deployed,
  driveTo,
  hex,
  opened,
} from "../fixtures/deployment-fixtures.ts";
import { outcomeOf } from "../fixtures/running-state.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus } = stateUnderTest();

test("a new commit opens a deployment whose id says environment, time and commit", async () => {
  const environment = anEnvironment();
  const request = aRequest(environment);
  const { deployment, created } = await bus().call(openDeployment, request);
  expect(created).toBe(true);
  expect(deployment?.id).toMatch(
    new RegExp(`^${environment}-\\d{8}-\\d{6}-${request.commit.id.slice(0, 7)}$`),
  );
  expect(deployment).toMatchObject({ state: "Pending", version: 1, commit: request.commit });
  const situation = await bus().call(getSituation, { environment });
  expect(situation).toMatchObject({
    active: { id: deployment?.id },
    live: null,
    health: "Progressing",
    syncStatus: "Syncing",
  });
});

test("the same request twice at once opens one", async () => {
  const request = aRequest(anEnvironment());
  const results = await Promise.all(
    Array.from({ length: 8 }, () => bus().call(openDeployment, request)),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
  expect(new Set(results.map(({ deployment }) => deployment?.id)).size).toBe(1);
});

test("the same commit by two messages at once opens one", async () => {
  const request = aRequest(anEnvironment());
  const results = await Promise.all(
    [hex(8), hex(8)].map((requestId) => bus().call(openDeployment, { ...request, requestId })),
  );
  expect(results.filter(({ created }) => created)).toHaveLength(1);
});

test("a newer commit supersedes one that waits, in the same transaction", async () => {
  const environment = anEnvironment();
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(environment)),
    "AwaitingApproval",
  );
  const newer = await opened(bus(), aRequest(environment));
  const superseded = await bus().call(getDeployment, { deploymentId: waiting.id });
  expect(superseded).toMatchObject({ state: "Failed", reason: "Superseded" });
  expect(superseded.errorMessage).toContain(newer.commit.id.slice(0, 7));
});

test("a newer commit waits while one is being applied", async () => {
  const environment = anEnvironment();
  await driveTo(bus(), await opened(bus(), aRequest(environment)), "Applying");
  const outcome = await outcomeOf(bus(), openDeployment, aRequest(environment));
  expect(outcome).toMatchObject({ error: { code: "busy", kind: "transient" } });
});

test("a commit that was rolled back is tried again only when a sync forces it", async () => {
  const environment = anEnvironment();
  const request = aRequest(environment);
  const failed = await driveTo(bus(), await opened(bus(), request), "RolledBack");
  const again = await bus().call(openDeployment, { ...request, requestId: hex(8) });
  expect(again).toMatchObject({ created: false, deployment: { id: failed.id } });
  const forced = { ...request, trigger: "sync" as const, requestId: hex(8) };
  expect(await bus().call(openDeployment, forced)).toMatchObject({ created: true });
  expect(await bus().call(openDeployment, forced)).toMatchObject({ created: false });
});

test("a revert to what is live heals the environment and opens nothing", async () => {
  const environment = anEnvironment();
  const live = await deployed(bus(), aRequest(environment));
  await driveTo(bus(), await opened(bus(), aRequest(environment)), "RolledBack");
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    health: "Degraded",
    syncStatus: "OutOfSync",
    live: { deploymentId: live.id },
  });
  const revert = aRequest(environment, { treeHash: live.treeHash });
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

test("a revert ends a deployment that waits for approval", async () => {
  const environment = anEnvironment();
  const live = await deployed(bus(), aRequest(environment));
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(environment)),
    "AwaitingApproval",
  );
  await bus().call(openDeployment, aRequest(environment, { treeHash: live.treeHash }));
  expect(await bus().call(getDeployment, { deploymentId: waiting.id })).toMatchObject({
    reason: "Superseded",
  });
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    active: null,
    syncStatus: "Synced",
  });
});

test("a forced push back to a commit that was live before deploys it again", async () => {
  const environment = anEnvironment();
  const first = aRequest(environment);
  await deployed(bus(), first);
  await deployed(bus(), aRequest(environment));
  const back = await bus().call(openDeployment, { ...first, requestId: hex(8) });
  expect(back.created).toBe(true);
});

test("a commit that was superseded before anybody tried it is not quarantined", async () => {
  const environment = anEnvironment();
  const first = aRequest(environment);
  await opened(bus(), first);
  await opened(bus(), aRequest(environment));
  expect(await bus().call(openDeployment, { ...first, requestId: hex(8) })).toMatchObject({
    created: true,
  });
});

test("two deployments of one commit in the same second have different ids", async () => {
  const request = aRequest(anEnvironment(), { trigger: "sync" });
  const ids = new Set<string>();
  for (let n = 0; n < 4; n += 1) {
    ids.add((await opened(bus(), { ...request, requestId: hex(8) })).id);
  }
  expect(ids.size).toBe(4);
});

test("a commit that changes nothing is noted", async () => {
  const environment = anEnvironment();
  const { id } = aCommit();
  await bus().call(recordCommitSeen, { environment, commit: id, branch: "main" });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    latestCommit: id,
    currentDeployment: null,
    health: "Unknown",
  });
});
