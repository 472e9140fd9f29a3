import {
  getDeployment,
  listAwaitingApproval,
  recordDecision,
  transitionDeployment,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  advanceTo,
  openNewDeployment,
  openRequest,
  planOf,
  randomHex,
  storeNewRelease,
  transitionTo,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { callOutcome, errorCode } from "../fixtures/running-state.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus } = stateUnderTest();

const decisionOn = (planDigest: string, outcome: "approved" | "rejected") => ({
  outcome,
  subject: "ana@example.com",
  recordedBy: "ana@example.com",
  method: "token" as const,
  planDigest,
});

test("lists deployments that await approval in pages, oldest first", async () => {
  const made: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
    made.push((await advanceTo(bus(), pending, "AwaitingApproval")).id);
  }
  const first = await bus().call(listAwaitingApproval, { limit: 2 });
  expect(first.deployments.map(({ id }) => id)).toEqual(made.slice(0, 2));
  const rest = await bus().call(listAwaitingApproval, { limit: 2, cursor: first.next ?? "" });
  expect(rest.deployments.map(({ id }) => id)).toEqual(made.slice(2));
  expect(rest.next).toBeNull();
});

test("lets the reconciler continue after an approval", async () => {
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(uniqueEnvironment())),
    "AwaitingApproval",
  );
  const decision = decisionOn(waiting.plan?.planDigest ?? "", "approved");
  const decided = await bus().call(recordDecision, { deploymentId: waiting.id, decision });
  expect(decided).toMatchObject({ state: "AwaitingApproval", version: waiting.version });
  expect(decided.decisions).toHaveLength(1);
  const again = await callOutcome(bus(), recordDecision, { deploymentId: waiting.id, decision });
  expect(again).toMatchObject({
    error: { code: "already-decided", message: expect.stringContaining("ana@example.com") },
  });
  expect(await bus().call(transitionDeployment, transitionTo(decided, "Applying"))).toMatchObject({
    state: "Applying",
  });
});

test("accepts one of a concurrent approval and rejection", async () => {
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(uniqueEnvironment())),
    "AwaitingApproval",
  );
  const digest = waiting.plan?.planDigest ?? "";
  const outcomes = await Promise.all(
    (["approved", "rejected"] as const).map((outcome) =>
      callOutcome(bus(), recordDecision, {
        deploymentId: waiting.id,
        decision: decisionOn(digest, outcome),
      }),
    ),
  );
  expect(outcomes.filter((outcome) => "value" in outcome)).toHaveLength(1);
  const after = await bus().call(getDeployment, { deploymentId: waiting.id });
  expect(after.decisions).toHaveLength(1);
});

test("fails the deployment after a rejection", async () => {
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(uniqueEnvironment())),
    "AwaitingApproval",
  );
  const decision = {
    ...decisionOn(waiting.plan?.planDigest ?? "", "rejected"),
    reason: "too late in the day",
  };
  const rejected = await bus().call(recordDecision, { deploymentId: waiting.id, decision });
  expect(rejected).toMatchObject({ state: "Failed", reason: "Rejected" });
  expect(rejected.stateHistory.at(-1)?.actor).toBe("user:ana@example.com");
  expect(rejected.errorMessage).toContain("too late in the day");
});

test("refuses a decision on another plan, in another state or after expiry, with the reason", async () => {
  const environment = uniqueEnvironment();
  const pending = await openNewDeployment(bus(), openRequest(environment));
  const early = await callOutcome(bus(), recordDecision, {
    deploymentId: pending.id,
    decision: decisionOn(randomHex(32), "approved"),
  });
  expect(early).toMatchObject({
    error: { code: "not-awaiting-approval", message: expect.stringContaining("is Pending") },
  });
  const planning = await advanceTo(bus(), pending, "Planning");
  const plan = planOf(planning, await storeNewRelease(bus(), environment), true);
  await bus().call(
    transitionDeployment,
    transitionTo(planning, "AwaitingApproval", { plan, approvalExpiresAt: "2020-01-01T00:00:00Z" }),
  );
  const late = await callOutcome(bus(), recordDecision, {
    deploymentId: pending.id,
    decision: decisionOn(plan.planDigest, "approved"),
  });
  expect(late).toMatchObject({
    error: { code: "not-awaiting-approval", message: expect.stringContaining("expired") },
  });
  const waiting = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(uniqueEnvironment())),
    "AwaitingApproval",
  );
  const changed = await callOutcome(bus(), recordDecision, {
    deploymentId: waiting.id,
    decision: decisionOn(randomHex(32), "approved"),
  });
  expect(errorCode(changed)).toBe("plan-changed");
});
