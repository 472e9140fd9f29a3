import {
  type Deployment,
  environmentRollbackRequested,
  getDeployment,
  getEnvironmentState,
  getSituation,
  openDeployment,
  reportObservation,
  transitionDeployment,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  anEnvironment,
  aPlan,
  aRequest,
  deployed,
  driveTo,
  hex,
  opened,
  toState,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { TOKENS } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const post = (environment: string, body: object, token?: string) =>
  askState(url(), `/environments/${environment}/rollback`, { body, ...(token ? { token } : {}) });

/** An environment with `count` verified deployments, the oldest first, and their requests. */
async function history(count: number) {
  const environment = anEnvironment();
  const requests = Array.from({ length: count }, () => aRequest(environment));
  const deployments: Deployment[] = [];
  for (const request of requests) deployments.push(await deployed(bus(), request));
  return { environment, requests, deployments };
}

/** Takes an opened rollback to its end, as the reconciler does. */
async function complete(id: string, end: "Completed" | "Failed" = "Completed") {
  let deployment = await bus().call(getDeployment, { deploymentId: id });
  const step = async (...[to, facts]: [Deployment["state"], object?]) => {
    deployment = await bus().call(transitionDeployment, toState(deployment, to, facts));
  };
  await step("Validating");
  await step("Planning");
  await step("Applying", { plan: aPlan(deployment, deployment.release ?? "", false) });
  if (end === "Failed")
    return step("Failed", { reason: "PrepareFailed", errorMessage: "no table" });
  await step("PostValidating");
  await step("Completed");
}

test("goes back to the last verified release, tells so, and holds the newest commit back", async () => {
  const { environment, requests, deployments } = await history(3);
  const [, second, third] = deployments;
  const { status, answer } = await post(environment, { reason: "wrong colours" });
  expect(status).toBe(202);
  expect(answer).toMatchObject({
    state: "Pending",
    trigger: "rollback",
    restores: second?.id,
    release: second?.release,
    previousRelease: third?.release,
    commit: { id: second?.commit.id },
    initiatedBy: "user:oscar@example.com",
  });
  expect(
    await publishedEvents(natsUrl(), environment, environmentRollbackRequested.type),
  ).toMatchObject([
    {
      data: {
        requestedBy: "user:oscar@example.com",
        deploymentId: answer.id,
        to: second?.id,
        release: second?.release,
        reason: "wrong colours",
      },
    },
  ]);

  await complete(String(answer.id));
  const held = { hold: { commit: third?.commit.id, treeHash: third?.treeHash } };
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    ...held,
    live: { release: second?.release },
  });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    ...held,
    health: "Healthy",
    syncStatus: "OutOfSync",
    deployedCommit: second?.commit.id,
    hold: { reason: expect.stringContaining("wrong colours"), deploymentId: answer.id },
  });
  const observed = { health: "Healthy", syncStatus: "Synced", message: "served" } as const;
  await bus().call(reportObservation, { environment, ...observed });
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    syncStatus: "OutOfSync",
  });

  const newest = requests[2] as ReturnType<typeof aRequest>;
  const again = { ...newest, requestId: hex(8) };
  expect(await bus().call(openDeployment, again)).toMatchObject({
    deployment: null,
    created: false,
  });
  const sameContent = aRequest(environment, { treeHash: newest.treeHash });
  expect(await bus().call(openDeployment, sameContent)).toMatchObject({ created: false });
  const forced = { ...newest, trigger: "sync" as const, requestId: hex(8) };
  expect(await bus().call(openDeployment, forced)).toMatchObject({ created: true });
  expect(await bus().call(getSituation, { environment })).toMatchObject({ hold: null });
});

test("a newer commit ends the hold", async () => {
  const { environment } = await history(2);
  const { answer } = await post(environment, {});
  await complete(String(answer.id));
  await deployed(bus(), aRequest(environment));
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    hold: null,
    syncStatus: "Synced",
  });
});

test("one rollback after another goes further back, and --to leads forward again", async () => {
  const { environment, deployments } = await history(3);
  const [first, second, third] = deployments;
  const one = await post(environment, {});
  await complete(String(one.answer.id));
  const two = await post(environment, {});
  expect(two.answer).toMatchObject({ restores: first?.id });
  await complete(String(two.answer.id));
  expect(await post(environment, {})).toMatchObject({ status: 409 });
  expect(await post(environment, { to: first?.id })).toMatchObject({ status: 409 });
  const middle = await post(environment, { to: second?.id });
  expect(middle).toMatchObject({ status: 202, answer: { restores: second?.id } });
  await complete(String(middle.answer.id));
  const forward = await post(environment, { to: third?.id });
  await complete(String(forward.answer.id));
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    hold: null,
    syncStatus: "Synced",
  });
});

test("a rollback that fails holds nothing back", async () => {
  const { environment, deployments } = await history(2);
  const { answer } = await post(environment, {});
  await complete(String(answer.id), "Failed");
  expect(await bus().call(getSituation, { environment })).toMatchObject({
    hold: null,
    live: { deploymentId: deployments[1]?.id },
  });
});

test("supersedes what waits, and refuses while something is being applied", async () => {
  const { environment } = await history(2);
  const waiting = await opened(bus(), aRequest(environment));
  expect(await post(environment, {})).toMatchObject({ status: 202 });
  expect(await bus().call(getDeployment, { deploymentId: waiting.id })).toMatchObject({
    state: "Failed",
    reason: "Superseded",
  });
  await driveTo(bus(), await opened(bus(), aRequest(environment)), "Applying");
  const refused = await post(environment, {});
  expect(refused).toMatchObject({ status: 409 });
  expect(refused.answer.detail).toMatch(/is Applying/);
});

test("refuses what was never verified, belongs elsewhere or does not exist", async () => {
  const { environment, deployments } = await history(1);
  const elsewhere = await history(2);
  const failed = await driveTo(bus(), await opened(bus(), aRequest(environment)), "RolledBack");
  expect(await post(environment, { to: failed.id })).toMatchObject({ status: 409 });
  const other = elsewhere.deployments[0]?.id;
  expect(await post(environment, { to: other })).toMatchObject({ status: 404 });
  expect(await post(environment, { to: "nothing" })).toMatchObject({ status: 404 });
  expect(await post(environment, {})).toMatchObject({ status: 409 });
  expect(await post(environment, { to: deployments[0]?.id })).toMatchObject({ status: 409 });
  expect(await post(environment, {}, TOKENS.viewer)).toMatchObject({ status: 403 });
  expect(await post(anEnvironment(), {})).toMatchObject({ status: 404 });
});
