import {
  getDeployment,
  getEnvironmentOverview,
  getGitopsHealth,
  openDeployment,
  recordDeadLetter,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  randomHex,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();

const deadLetter = (environment: string, messageId = randomHex(8)) => ({
  environment,
  consumer: "reconciler",
  event: "honua.deploy.approved.v1",
  subject: `honua.${environment}.deploy.approved`,
  messageId,
  payload: "{}",
  error: { code: "unexpected", message: "no attempt worked" },
  deliveries: 12,
});

test("fails the deployment in progress, so that a newer commit can be deployed", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  const stuck = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "Planning",
  );
  await bus().call(recordDeadLetter, deadLetter(environment));
  expect(await bus().call(getDeployment, { deploymentId: stuck.id })).toMatchObject({
    state: "Failed",
    reason: "Internal",
    errorMessage: "Message processing failed permanently: no attempt worked",
  });
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    active: null,
    blocked: { commit: stuck.commit.id, message: "no attempt worked" },
    health: "Degraded",
    syncStatus: "OutOfSync",
  });
  const newer = await bus().call(openDeployment, openRequest(environment));
  expect(newer.created).toBe(true);
  expect((await bus().call(getEnvironmentOverview, { environment })).blocked).toBeNull();
});

test("keeps a waiting deployment until a newer commit supersedes it", async () => {
  const environment = uniqueEnvironment();
  const first = await openNewDeployment(bus(), openRequest(environment));
  const waiting = await advanceTo(bus(), first, "AwaitingApproval");
  await bus().call(recordDeadLetter, deadLetter(environment));
  const after = await bus().call(getDeployment, { deploymentId: waiting.id });
  expect(after.state).toBe("AwaitingApproval");
  await bus().call(openDeployment, openRequest(environment));
  expect(await bus().call(getDeployment, { deploymentId: waiting.id })).toMatchObject({
    reason: "Superseded",
  });
});

test("blocks once and emits one event for a repeated dead letter", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  const letter = deadLetter(environment);
  await bus().call(recordDeadLetter, letter);
  const request = openRequest(environment);
  await advanceTo(bus(), await openNewDeployment(bus(), request), "Completed");
  await bus().call(recordDeadLetter, letter);
  expect((await bus().call(getEnvironmentOverview, { environment })).blocked).toBeNull();
  expect(await publishedEvents(natsUrl(), environment, "honua.environment.drifted.v1")).toEqual([
    {
      type: "honua.environment.drifted.v1",
      data: {
        health: "Degraded",
        syncStatus: "OutOfSync",
        message: "Blocked by a dead letter: no attempt worked",
      },
    },
  ]);
});

test("ends the block when the newest content is already live", async () => {
  const environment = uniqueEnvironment();
  const live = await completeNewDeployment(bus(), openRequest(environment));
  await bus().call(recordDeadLetter, deadLetter(environment));
  await bus().call(openDeployment, openRequest(environment, { treeHash: live.treeHash }));
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    blocked: null,
    health: "Healthy",
    syncStatus: "Synced",
  });
});

test("audits the block with its reason", async () => {
  const environment = uniqueEnvironment();
  const letter = deadLetter(environment);
  await bus().call(recordDeadLetter, letter);
  const { body } = await requestState(url(), `/audit?environment=${environment}`);
  expect(body.items).toContainEqual(
    expect.objectContaining({
      action: "environment.block",
      actor: "system:state",
      target: letter.messageId,
      detail: expect.objectContaining({ message: "no attempt worked" }),
    }),
  );
});

test("reports a blocked environment in the system health", async () => {
  const environment = uniqueEnvironment();
  await bus().call(recordDeadLetter, deadLetter(environment));
  const { components } = await bus().call(getGitopsHealth, {});
  expect(components.Lanes).toBe("Degraded");
});
