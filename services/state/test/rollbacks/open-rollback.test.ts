import {
  type Deployment,
  environmentRollbackRequested,
  getDeployment,
  getEnvironmentOverview,
  getEnvironmentState,
  openDeployment,
  reportObservation,
  transitionDeployment,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  advanceTo,
  completeNewDeployment,
  openNewDeployment,
  openRequest,
  planOf,
  randomHex,
  transitionTo,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { publishedEvents } from "../fixtures/published-events.ts";
import { TOKENS } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl, url } = stateUnderTest();
const post = (environment: string, body: object, token?: string) =>
  requestState(url(), `/environments/${environment}/rollback`, {
    body,
    ...(token ? { token } : {}),
  });

/** Creates an environment with `count` verified deployments; returns them with their requests, oldest first. */
async function history(count: number) {
  const environment = uniqueEnvironment();
  const requests = Array.from({ length: count }, () => openRequest(environment));
  const deployments: Deployment[] = [];
  for (const request of requests) deployments.push(await completeNewDeployment(bus(), request));
  return { environment, requests, deployments };
}

/** Advances a rollback to its end state, as the reconciler does. */
async function complete(id: string, end: "Completed" | "Failed" = "Completed") {
  let deployment = await bus().call(getDeployment, { deploymentId: id });
  const step = async (...[to, facts]: [Deployment["state"], object?]) => {
    deployment = await bus().call(transitionDeployment, transitionTo(deployment, to, facts));
  };
  await step("Validating");
  await step("Planning");
  await step("Applying", { plan: planOf(deployment, deployment.release ?? "", false) });
  if (end === "Failed")
    return step("Failed", { reason: "PrepareFailed", errorMessage: "no table" });
  await step("PostValidating");
  await step("Completed");
}

test("restores the last verified release, emits its event and holds the newest commit", async () => {
  const { environment, requests, deployments } = await history(3);
  const [, second, third] = deployments;
  const { status, body } = await post(environment, { reason: "wrong colours" });
  expect(status).toBe(202);
  expect(body).toMatchObject({
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
        deploymentId: body.id,
        to: second?.id,
        release: second?.release,
        reason: "wrong colours",
      },
    },
  ]);

  await complete(String(body.id));
  const held = { hold: { commit: third?.commit.id, treeHash: third?.treeHash } };
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    ...held,
    live: { release: second?.release },
  });
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    ...held,
    health: "Healthy",
    syncStatus: "OutOfSync",
    deployedCommit: second?.commit.id,
    hold: { reason: expect.stringContaining("wrong colours"), deploymentId: body.id },
  });
  const observed = { health: "Healthy", syncStatus: "Synced", message: "served" } as const;
  await bus().call(reportObservation, { environment, ...observed });
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    syncStatus: "OutOfSync",
  });

  const newest = requests[2] as ReturnType<typeof openRequest>;
  const again = { ...newest, requestId: randomHex(8) };
  expect(await bus().call(openDeployment, again)).toMatchObject({
    deployment: null,
    created: false,
  });
  const sameContent = openRequest(environment, { treeHash: newest.treeHash });
  expect(await bus().call(openDeployment, sameContent)).toMatchObject({ created: false });
  const forced = { ...newest, trigger: "sync" as const, requestId: randomHex(8) };
  expect(await bus().call(openDeployment, forced)).toMatchObject({ created: true });
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({ hold: null });
});

test("ends the hold when a newer commit arrives", async () => {
  const { environment } = await history(2);
  const { body } = await post(environment, {});
  await complete(String(body.id));
  await completeNewDeployment(bus(), openRequest(environment));
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    hold: null,
    syncStatus: "Synced",
  });
});

test("restores an earlier release with each rollback, and any release with `to`", async () => {
  const { environment, deployments } = await history(3);
  const [first, second, third] = deployments;
  const one = await post(environment, {});
  await complete(String(one.body.id));
  const two = await post(environment, {});
  expect(two.body).toMatchObject({ restores: first?.id });
  await complete(String(two.body.id));
  expect(await post(environment, {})).toMatchObject({ status: 409 });
  expect(await post(environment, { to: first?.id })).toMatchObject({ status: 409 });
  const middle = await post(environment, { to: second?.id });
  expect(middle).toMatchObject({ status: 202, body: { restores: second?.id } });
  await complete(String(middle.body.id));
  const forward = await post(environment, { to: third?.id });
  await complete(String(forward.body.id));
  expect(await bus().call(getEnvironmentState, { environment })).toMatchObject({
    hold: null,
    syncStatus: "Synced",
  });
});

test("ends the hold when the rollback fails", async () => {
  const { environment, deployments } = await history(2);
  const { body } = await post(environment, {});
  await complete(String(body.id), "Failed");
  expect(await bus().call(getEnvironmentOverview, { environment })).toMatchObject({
    hold: null,
    live: { deploymentId: deployments[1]?.id },
  });
});

test("supersedes a waiting deployment and refuses while a deployment is applied", async () => {
  const { environment } = await history(2);
  const waiting = await openNewDeployment(bus(), openRequest(environment));
  expect(await post(environment, {})).toMatchObject({ status: 202 });
  expect(await bus().call(getDeployment, { deploymentId: waiting.id })).toMatchObject({
    state: "Failed",
    reason: "Superseded",
  });
  await advanceTo(bus(), await openNewDeployment(bus(), openRequest(environment)), "Applying");
  const refused = await post(environment, {});
  expect(refused).toMatchObject({ status: 409 });
  expect(refused.body.detail).toMatch(/is Applying/);
});

test("refuses a target that was never verified, is in another environment or does not exist", async () => {
  const { environment, deployments } = await history(1);
  const elsewhere = await history(2);
  const failed = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "RolledBack",
  );
  expect(await post(environment, { to: failed.id })).toMatchObject({ status: 409 });
  const other = elsewhere.deployments[0]?.id;
  expect(await post(environment, { to: other })).toMatchObject({ status: 404 });
  expect(await post(environment, { to: "nothing" })).toMatchObject({ status: 404 });
  expect(await post(environment, {})).toMatchObject({ status: 409 });
  expect(await post(environment, { to: deployments[0]?.id })).toMatchObject({ status: 409 });
  expect(await post(environment, {}, TOKENS.viewer)).toMatchObject({ status: 403 });
  expect(await post(uniqueEnvironment(), {})).toMatchObject({ status: 404 });
});
