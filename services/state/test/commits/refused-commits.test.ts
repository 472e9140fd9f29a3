import {
  commitRefused,
  environmentPaused,
  getEnvironmentState,
  openDeployment,
  recordCommitRefused,
  recordCommitSeen,
} from "@honua/contracts";
import { expect, test } from "vitest";
import { aCommit, anEnvironment, aRequest, deployed } from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const code = "commit-unsigned";
const reason = "commit 0123456 is not signed; sign it";
const stateOf = (environment: string) => bus().call(getEnvironmentState, { environment });

test("a refused head is shown beside what is served, and told once by however many watchers", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  const commit = aCommit();
  const refusal = { environment, commit, code, reason };
  await Promise.all([1, 2, 3].map(() => bus().call(recordCommitRefused, refusal)));

  expect(await stateOf(environment)).toMatchObject({
    health: "Healthy",
    syncStatus: "OutOfSync",
    latestCommit: commit.id,
    refusal: { commit: commit.id, author: "Ana <ana@example.com>", code, reason },
    currentDeployment: { state: "Completed" },
  });
  expect(await askState(url(), `/environments/${environment}`)).toMatchObject({
    answer: { refusal: { code } },
  });
  await askState(url(), `/environments/${environment}/pause`, { body: { reason: "the end" } });
  expect(await publishedEvents(natsUrl(), environment, environmentPaused.type)).toMatchObject([
    { type: commitRefused.type, data: { commit, code, reason } },
    { type: environmentPaused.type },
  ]);
});

test("a refusal of an environment that never had a deployment makes it known", async () => {
  const environment = anEnvironment();
  await bus().call(recordCommitRefused, { environment, commit: aCommit(), code, reason });
  expect(await stateOf(environment)).toMatchObject({
    health: "Unknown",
    currentDeployment: null,
    refusal: { code },
  });
});

test("another refusal takes its place; a commit that is seen or opened ends it", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  const refuse = (id: string, because = code) =>
    bus().call(recordCommitRefused, { environment, commit: aCommit(id), code: because, reason });
  await refuse("a".repeat(40));
  await refuse("b".repeat(40), "bundle-too-big");
  expect((await stateOf(environment)).refusal).toMatchObject({
    commit: "b".repeat(40),
    code: "bundle-too-big",
  });
  await bus().call(recordCommitSeen, { environment, commit: "c".repeat(40), branch: "main" });
  expect(await stateOf(environment)).toMatchObject({ refusal: null, syncStatus: "Synced" });

  // The same commit may be refused again: a key may have been trusted in between only.
  await refuse("b".repeat(40), "bundle-too-big");
  expect((await stateOf(environment)).refusal).not.toBeNull();
  await bus().call(openDeployment, aRequest(environment));
  expect((await stateOf(environment)).refusal).toBeNull();
});
