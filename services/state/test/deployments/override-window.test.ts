import {
  environmentSyncRequested,
  getDeployment,
  getSituation,
  noteWaiting,
  pollNow,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  aCommit,
  anEnvironment,
  aRequest,
  deployed,
  driveTo,
  opened,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { TOKENS } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const reason = "outage 4711";
const override = (environment: string, over: object = {}, token?: string) =>
  askState(url(), `/environments/${environment}/sync`, {
    body: { overrideWindow: true, reason, ...over },
    ...(token ? { token } : {}),
  });

test("a window is overridden for the deployment that waits, with who and why", async () => {
  const environment = anEnvironment();
  const pending = await opened(bus(), aRequest(environment));
  expect(await override(environment)).toEqual({
    status: 202,
    answer: { commit: pending.commit.id, detected: false },
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

test("with nothing waiting it is for the commit that Git hands over, and for no other", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  const commit = aCommit();
  const answer = { commit: commit.id, detected: true };
  const stop = bus().serve(pollNow, async () => answer);
  expect(await override(environment)).toEqual({ status: 202, answer });
  const mine = await opened(bus(), aRequest(environment, { commit }));
  expect(mine.windowOverride).toMatchObject({ reason });
  const next = await opened(bus(), aRequest(environment));
  expect(next.windowOverride).toBeNull();

  await driveTo(bus(), next, "Completed");
  answer.detected = false;
  expect(await override(environment)).toMatchObject({ status: 409 });
  await stop();
});

test("overriding needs a reason, an operator and an environment that exists", async () => {
  const environment = anEnvironment();
  await opened(bus(), aRequest(environment));
  expect(await override(environment, { reason: undefined })).toMatchObject({ status: 400 });
  expect(await override(environment, { reason: " " })).toMatchObject({ status: 400 });
  expect(await override(environment, {}, TOKENS.viewer)).toMatchObject({ status: 403 });
  expect(await override(anEnvironment())).toMatchObject({ status: 404 });
});

test("one that waits for a window while Planning gives way to a newer commit", async () => {
  const environment = anEnvironment();
  const planning = await driveTo(bus(), await opened(bus(), aRequest(environment)), "Planning");
  await bus().call(noteWaiting, {
    deploymentId: planning.id,
    expectedVersion: planning.version,
    waitingFor: "deployment window",
    notBefore: null,
  });
  const newer = await opened(bus(), aRequest(environment));
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    active: { id: newer.id },
    lastChangeAt: null,
  });
});
