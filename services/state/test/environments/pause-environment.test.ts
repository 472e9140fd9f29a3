import {
  environmentPaused,
  environmentResumed,
  getEnvironmentOverview,
  getEnvironmentState,
  reportWaiting,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { callOutcome, errorCode, TOKENS } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const reason = "the database moves";
const post = (environment: string, action: string, body: object, token?: string) =>
  requestState(url(), `/environments/${environment}/${action}`, {
    body,
    ...(token ? { token } : {}),
  });

test("stores a pause with its reason, emits one event and ends with a resume", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));

  const paused = await post(environment, "pause", { reason });
  expect(paused).toMatchObject({
    status: 200,
    body: { pause: { reason, by: "user:oscar@example.com" } },
  });
  await post(environment, "pause", { reason });
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    pause: { reason },
  });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    pause: { reason },
  });

  expect(await post(environment, "resume", {})).toMatchObject({
    status: 200,
    body: { pause: null },
  });
  await post(environment, "resume", {});
  expect(await publishedEvents(natsUrl(), environment, environmentResumed.type)).toEqual([
    { type: environmentPaused.type, data: { pausedBy: "user:oscar@example.com", reason } },
    { type: environmentResumed.type, data: { resumedBy: "user:oscar@example.com" } },
  ]);
});

test("requires a reason, the operator role and an existing environment", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  expect(await post(environment, "pause", {})).toMatchObject({ status: 400 });
  expect(await post(environment, "pause", { reason: " " })).toMatchObject({ status: 400 });
  expect(await post(environment, "pause", { reason }, TOKENS.viewer)).toMatchObject({
    status: 403,
  });
  expect(await post(environment, "resume", {}, TOKENS.viewer)).toMatchObject({ status: 403 });
  expect(await post(uniqueEnvironment(), "pause", { reason })).toMatchObject({ status: 404 });
});

test("records what a deployment is waiting for without a transition", async () => {
  const environment = uniqueEnvironment();
  const live = await completeNewDeployment(bus(), openRequest(environment));
  const pending = await openNewDeployment(bus(), openRequest(environment));
  const request = {
    deploymentId: pending.id,
    expectedVersion: pending.version,
    waitingFor: `environment is paused: ${reason}`,
    notBefore: "2026-12-01T09:00:00.000Z",
  };
  const noted = await bus().call(reportWaiting, request);
  expect(noted).toMatchObject({
    state: "Pending",
    version: pending.version,
    waitingFor: request.waitingFor,
    notBefore: request.notBefore,
  });
  expect(noted.stateHistory).toEqual(pending.stateHistory);
  expect(await bus().call(reportWaiting, request)).toEqual(noted);
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    currentDeployment: {
      id: pending.id,
      waitingFor: request.waitingFor,
      notBefore: request.notBefore,
    },
    deployedCommit: live.commit.id,
    health: "Healthy",
    syncStatus: "OutOfSync",
  });
  const stale = { ...request, expectedVersion: pending.version + 1 };
  expect(errorCode(await callOutcome(bus(), reportWaiting, stale))).toBe("stale-version");
});
