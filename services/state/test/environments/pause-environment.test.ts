import {
  environmentPaused,
  environmentResumed,
  getEnvironmentState,
  getSituation,
  noteWaiting,
} from "@honua/contracts";
import { expect, test } from "vitest";
import { anEnvironment, aRequest, deployed, opened } from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { codeOf, outcomeOf, TOKENS } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const reason = "the database moves";
const post = (environment: string, action: string, body: object, token?: string) =>
  askState(url(), `/environments/${environment}/${action}`, { body, ...(token ? { token } : {}) });

test("a pause is kept with its reason, told once, and ends with a resume", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));

  const paused = await post(environment, "pause", { reason });
  expect(paused).toMatchObject({
    status: 200,
    answer: { pause: { reason, by: "user:oscar@example.com" } },
  });
  await post(environment, "pause", { reason });
  expect(await bus().call(getSituation, { environment })).toMatchObject({ pause: { reason } });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    pause: { reason },
  });

  expect(await post(environment, "resume", {})).toMatchObject({
    status: 200,
    answer: { pause: null },
  });
  await post(environment, "resume", {});
  expect(await publishedEvents(natsUrl(), environment, environmentResumed.type)).toEqual([
    { type: environmentPaused.type, data: { pausedBy: "user:oscar@example.com", reason } },
    { type: environmentResumed.type, data: { resumedBy: "user:oscar@example.com" } },
  ]);
});

test("pausing needs a reason, an operator and an environment that exists", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  expect(await post(environment, "pause", {})).toMatchObject({ status: 400 });
  expect(await post(environment, "pause", { reason: " " })).toMatchObject({ status: 400 });
  expect(await post(environment, "pause", { reason }, TOKENS.viewer)).toMatchObject({
    status: 403,
  });
  expect(await post(environment, "resume", {}, TOKENS.viewer)).toMatchObject({ status: 403 });
  expect(await post(anEnvironment(), "pause", { reason })).toMatchObject({ status: 404 });
});

test("what a deployment waits for is noted without a transition", async () => {
  const environment = anEnvironment();
  const live = await deployed(bus(), aRequest(environment));
  const pending = await opened(bus(), aRequest(environment));
  const request = {
    deploymentId: pending.id,
    expectedVersion: pending.version,
    waitingFor: `environment is paused: ${reason}`,
    notBefore: "2026-12-01T09:00:00.000Z",
  };
  const noted = await bus().call(noteWaiting, request);
  expect(noted).toMatchObject({
    state: "Pending",
    version: pending.version,
    waitingFor: request.waitingFor,
    notBefore: request.notBefore,
  });
  expect(noted.stateHistory).toEqual(pending.stateHistory);
  expect(await bus().call(noteWaiting, request)).toEqual(noted);
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
  expect(codeOf(await outcomeOf(bus(), noteWaiting, stale))).toBe("stale-version");
});
