import {
  commitRefused,
  environmentPaused,
  getEnvironmentState,
  openDeployment,
  recordCommitRefused,
  recordCommitSeen,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  completeNewDeployment,
  newCommit,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const code = "commit-unsigned";
const reason = "commit 0123456 is not signed; sign it";
const stateOf = (environment: string) => bus().call(getEnvironmentState, { environment });

test("shows a refused head in the state document and emits one event for several reports", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  const commit = newCommit();
  const refusal = { environment, commit, code, reason };
  await Promise.all([1, 2, 3].map(() => bus().call(recordCommitRefused, refusal)));

  expect(await stateOf(environment)).toMatchObject({
    health: "Healthy",
    syncStatus: "OutOfSync",
    latestCommit: commit.id,
    refusal: { commit: commit.id, author: "Ana <ana@example.com>", code, reason },
    currentDeployment: { state: "Completed" },
  });
  expect(await requestState(url(), `/environments/${environment}`)).toMatchObject({
    body: { refusal: { code } },
  });
  await requestState(url(), `/environments/${environment}/pause`, { body: { reason: "the end" } });
  expect(await publishedEvents(natsUrl(), environment, environmentPaused.type)).toMatchObject([
    { type: commitRefused.type, data: { commit, code, reason } },
    { type: environmentPaused.type },
  ]);
});

test("creates the environment of a refused commit that has no deployment", async () => {
  const environment = uniqueEnvironment();
  await bus().call(recordCommitRefused, { environment, commit: newCommit(), code, reason });
  expect(await stateOf(environment)).toMatchObject({
    health: "Unknown",
    currentDeployment: null,
    refusal: { code },
  });
});

test("replaces an open refusal by a new one and resolves it when another commit is seen or opened", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  const refuse = (id: string, because = code) =>
    bus().call(recordCommitRefused, { environment, commit: newCommit(id), code: because, reason });
  await refuse("a".repeat(40));
  await refuse("b".repeat(40), "bundle-too-big");
  expect((await stateOf(environment)).refusal).toMatchObject({
    commit: "b".repeat(40),
    code: "bundle-too-big",
  });
  await bus().call(recordCommitSeen, { environment, commit: "c".repeat(40), branch: "main" });
  expect(await stateOf(environment)).toMatchObject({ refusal: null, syncStatus: "Synced" });

  // The same commit may be refused again, for example if a key was trusted only temporarily.
  await refuse("b".repeat(40), "bundle-too-big");
  expect((await stateOf(environment)).refusal).not.toBeNull();
  await bus().call(openDeployment, openRequest(environment));
  expect((await stateOf(environment)).refusal).toBeNull();
});
