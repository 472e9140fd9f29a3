import {
  environmentSyncRequested,
  getDeployment,
  getEnvironmentOverview,
  pollNow,
  reportWaiting,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  newCommit,
  openNewDeployment,
  openRequest,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { TOKENS } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const reason = "outage 4711";
const override = (environment: string, over: object = {}, token?: string) =>
  requestState(url(), `/environments/${environment}/sync`, {
    body: { overrideWindow: true, reason, ...over },
    ...(token ? { token } : {}),
  });

test("overrides the window of a waiting deployment and records who and why", async () => {
  const environment = uniqueEnvironment();
  const pending = await openNewDeployment(bus(), openRequest(environment));
  expect(await override(environment)).toEqual({
    status: 202,
    body: { commit: pending.commit.id, detected: false },
  });
  expect(await bus().call(getDeployment, { deploymentId: pending.id })).toMatchObject({
    version: pending.version,
    windowOverride: { by: "user:oscar@example.com", reason },
  });
  expect(
    await publishedEvents(natsUrl(), environment, environmentSyncRequested.type),
  ).toMatchObject([
    { data: { requestedBy: "user:oscar@example.com", reason, overrideWindow: true } },
  ]);
});

test("applies to the newly detected commit only, if no deployment is waiting", async () => {
  const environment = uniqueEnvironment();
  await completeNewDeployment(bus(), openRequest(environment));
  const commit = newCommit();
  const poll = { commit: commit.id, detected: true };
  const stop = bus().serve(pollNow, async () => poll);
  expect(await override(environment)).toEqual({ status: 202, body: poll });
  const mine = await openNewDeployment(bus(), openRequest(environment, { commit }));
  expect(mine.windowOverride).toMatchObject({ reason });
  const next = await openNewDeployment(bus(), openRequest(environment));
  expect(next.windowOverride).toBeNull();

  await advanceTo(bus(), next, "Completed");
  poll.detected = false;
  expect(await override(environment)).toMatchObject({ status: 409 });
  await stop();
});

test("requires a reason, the operator role and an existing environment", async () => {
  const environment = uniqueEnvironment();
  await openNewDeployment(bus(), openRequest(environment));
  expect(await override(environment, { reason: undefined })).toMatchObject({ status: 400 });
  expect(await override(environment, { reason: " " })).toMatchObject({ status: 400 });
  expect(await override(environment, {}, TOKENS.viewer)).toMatchObject({ status: 403 });
  expect(await override(uniqueEnvironment())).toMatchObject({ status: 404 });
});

test("supersedes a deployment that waits for a window in Planning", async () => {
  const environment = uniqueEnvironment();
  const planning = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "Planning",
  );
  await bus().call(reportWaiting, {
    deploymentId: planning.id,
    expectedVersion: planning.version,
    waitingFor: "deployment window",
    notBefore: null,
  });
  const newer = await openNewDeployment(bus(), openRequest(environment));
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    active: { id: newer.id },
    lastChangeAt: null,
  });
});
