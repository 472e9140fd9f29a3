import {
  getDeployment,
  listAwaitingApproval,
  recordDecision,
  transitionDeployment,
} from "@honua/contracts";
import { expect, test } from "vitest";
import {
  anEnvironment,
  aPlan,
  aRequest,
  driveTo,
  hex,
  keptRelease,
  opened,
  toState,
} from "../fixtures/deployment-fixtures.ts";
import { codeOf, outcomeOf } from "../fixtures/running-state.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus } = stateUnderTest();

const decisionOn = (planDigest: string, outcome: "approved" | "rejected") => ({
  outcome,
  subject: "ana@example.com",
  recordedBy: "ana@example.com",
  method: "token" as const,
  planDigest,
});

test("what waits is listed by pages, the oldest first", async () => {
  const made: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    const pending = await opened(bus(), aRequest(anEnvironment()));
    made.push((await driveTo(bus(), pending, "AwaitingApproval")).id);
  }
  const first = await bus().call(listAwaitingApproval, { limit: 2 });
  expect(first.deployments.map(({ id }) => id)).toEqual(made.slice(0, 2));
  const rest = await bus().call(listAwaitingApproval, { limit: 2, cursor: first.next ?? "" });
  expect(rest.deployments.map(({ id }) => id)).toEqual(made.slice(2));
  expect(rest.next).toBeNull();
});

test("an approval lets the reconciler go on", async () => {
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(anEnvironment())),
    "AwaitingApproval",
  );
  const decision = decisionOn(waiting.plan?.planDigest ?? "", "approved");
  const decided = await bus().call(recordDecision, { deploymentId: waiting.id, decision });
  expect(decided).toMatchObject({ state: "AwaitingApproval", version: waiting.version });
  expect(decided.decisions).toHaveLength(1);
  const again = await outcomeOf(bus(), recordDecision, { deploymentId: waiting.id, decision });
  expect(again).toMatchObject({
    error: { code: "already-decided", message: expect.stringContaining("ana@example.com") },
  });
  expect(await bus().call(transitionDeployment, toState(decided, "Applying"))).toMatchObject({
    state: "Applying",
  });
});

test("of an approval and a rejection at once exactly one counts", async () => {
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(anEnvironment())),
    "AwaitingApproval",
  );
  const digest = waiting.plan?.planDigest ?? "";
  const outcomes = await Promise.all(
    (["approved", "rejected"] as const).map((outcome) =>
      outcomeOf(bus(), recordDecision, {
        deploymentId: waiting.id,
        decision: decisionOn(digest, outcome),
      }),
    ),
  );
  expect(outcomes.filter((outcome) => "value" in outcome)).toHaveLength(1);
  const after = await bus().call(getDeployment, { deploymentId: waiting.id });
  expect(after.decisions).toHaveLength(1);
});

test("a rejection ends the deployment", async () => {
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(anEnvironment())),
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

test("another plan, another state and a late decision are refused, and say why", async () => {
  const environment = anEnvironment();
  const pending = await opened(bus(), aRequest(environment));
  const early = await outcomeOf(bus(), recordDecision, {
    deploymentId: pending.id,
    decision: decisionOn(hex(32), "approved"),
  });
  expect(early).toMatchObject({
    error: { code: "not-awaiting-approval", message: expect.stringContaining("is Pending") },
  });
  const planning = await driveTo(bus(), pending, "Planning");
  const plan = aPlan(planning, await keptRelease(bus(), environment), true);
  await bus().call(
    transitionDeployment,
    toState(planning, "AwaitingApproval", { plan, approvalExpiresAt: "2020-01-01T00:00:00Z" }),
  );
  const late = await outcomeOf(bus(), recordDecision, {
    deploymentId: pending.id,
    decision: decisionOn(plan.planDigest, "approved"),
  });
  expect(late).toMatchObject({
    error: { code: "not-awaiting-approval", message: expect.stringContaining("expired") },
  });
  const waiting = await driveTo(
    bus(),
    await opened(bus(), aRequest(anEnvironment())),
    "AwaitingApproval",
  );
  const changed = await outcomeOf(bus(), recordDecision, {
    deploymentId: waiting.id,
    decision: decisionOn(hex(32), "approved"),
  });
  expect(codeOf(changed)).toBe("plan-changed");
});
