import {
  getDeployment,
  getGitopsHealth,
  getSituation,
  openDeployment,
  recordDeadLetter,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  anEnvironment,
  aRequest,
  deployed,
  driveTo,
  hex,
  opened,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();

const deadLetter = (environment: string, messageId = hex(8)) => ({
  environment,
  consumer: "reconciler",
  event: "honua.deploy.approved.v1",
  subject: `honua.${environment}.deploy.approved`,
  messageId,
  payload: "{}",
  error: { code: "unexpected", message: "no attempt worked" },
  deliveries: 12,
});

test("the deployment that was worked on fails, and a newer commit finds its way free", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  const stuck = await driveTo(bus(), await opened(bus(), aRequest(environment)), "Planning");
  await bus().call(recordDeadLetter, deadLetter(environment));
  expect(await bus().call(getDeployment, { deploymentId: stuck.id })).toMatchObject({
    state: "Failed",
    reason: "Internal",
    errorMessage: "Given up: no attempt worked",
  });
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    active: null,
    blocked: { commit: stuck.commit.id, message: "no attempt worked" },
    health: "Degraded",
    syncStatus: "OutOfSync",
  });
  const newer = await bus().call(openDeployment, aRequest(environment));
  expect(newer.created).toBe(true);
  expect((await bus().call(getSituation, { environment })).blocked).toBeNull();
});

test("a deployment that only waits stays, and is superseded by the newer commit", async () => {
  const environment = anEnvironment();
  const first = await opened(bus(), aRequest(environment));
  const waiting = await driveTo(bus(), first, "AwaitingApproval");
  await bus().call(recordDeadLetter, deadLetter(environment));
  const after = await bus().call(getDeployment, { deploymentId: waiting.id });
  expect(after.state).toBe("AwaitingApproval");
  await bus().call(openDeployment, aRequest(environment));
  expect(await bus().call(getDeployment, { deploymentId: waiting.id })).toMatchObject({
    reason: "Superseded",
  });
});

test("the same letter twice blocks and tells once", async () => {
  const environment = anEnvironment();
  await deployed(bus(), aRequest(environment));
  const letter = deadLetter(environment);
  await bus().call(recordDeadLetter, letter);
  const request = aRequest(environment);
  await driveTo(bus(), await opened(bus(), request), "Completed");
  await bus().call(recordDeadLetter, letter);
  expect((await bus().call(getSituation, { environment })).blocked).toBeNull();
  expect(await publishedEvents(natsUrl(), environment, "honua.environment.drifted.v1")).toEqual([
    {
      type: "honua.environment.drifted.v1",
      data: { health: "Degraded", syncStatus: "OutOfSync", message: "blocked: no attempt worked" },
    },
  ]);
});

test("the newest content that is live already ends a block", async () => {
  const environment = anEnvironment();
  const live = await deployed(bus(), aRequest(environment));
  await bus().call(recordDeadLetter, deadLetter(environment));
  await bus().call(openDeployment, aRequest(environment, { treeHash: live.treeHash }));
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    blocked: null,
    health: "Healthy",
    syncStatus: "Synced",
  });
});

test("who blocked an environment, and why, is in the audit", async () => {
  const environment = anEnvironment();
  const letter = deadLetter(environment);
  await bus().call(recordDeadLetter, letter);
  const { answer } = await askState(url(), `/audit?environment=${environment}`);
  expect(answer.items).toContainEqual(
    expect.objectContaining({
      action: "environment.block",
      actor: "system:state",
      target: letter.messageId,
      detail: expect.objectContaining({ message: "no attempt worked" }),
    }),
  );
});

test("the health of the whole says that an environment is blocked", async () => {
  const environment = anEnvironment();
  await bus().call(recordDeadLetter, deadLetter(environment));
  const { components } = await bus().call(getGitopsHealth, {});
  expect(components.Lanes).toBe("Degraded");
});
