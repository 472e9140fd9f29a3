import {
  getDeployment,
  getEnvironmentOverview,
  republishRelease,
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
  storeNewRelease,
  transitionTo,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { callOutcome, errorCode } from "../fixtures/running-state.ts";
import { requestState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, url } = stateUnderTest();

test("accepts one of two concurrent transitions from the same version", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const outcomes = await Promise.all([
    callOutcome(bus(), transitionDeployment, {
      ...transitionTo(pending, "Validating"),
      actor: "a",
    }),
    callOutcome(bus(), transitionDeployment, {
      ...transitionTo(pending, "Validating"),
      actor: "b",
    }),
  ]);
  expect(outcomes.filter((outcome) => "value" in outcome)).toHaveLength(1);
  expect(outcomes.map(errorCode)).toContain("stale-version");
  const after = await bus().call(getDeployment, { deploymentId: pending.id });
  expect(after).toMatchObject({ version: 2, state: "Validating" });
  expect(after.stateHistory).toHaveLength(2);
});

test("accepts a repeated request once and refuses an equal one with another request id", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const request = { ...transitionTo(pending, "Validating"), requestId: "one" };
  const first = await bus().call(transitionDeployment, request);
  expect(await bus().call(transitionDeployment, request)).toEqual(first);
  for (const requestId of ["another", undefined]) {
    const late = await callOutcome(bus(), transitionDeployment, { ...request, requestId });
    expect(errorCode(late)).toBe("stale-version");
  }
});

test("records several steps in one request, each with its time", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const release = await storeNewRelease(bus(), pending.environment);
  const planned = { to: "Planning" as const, actor: "a", message: "on", facts: { release } };
  const asked = { ...transitionTo(pending, "Validating"), requestId: "several" };
  const request = { ...asked, agoMs: 60_000, further: [planned] };
  const planning = await bus().call(transitionDeployment, request);
  expect(planning).toMatchObject({ version: 3, state: "Planning" });
  expect(planning.stateHistory.map(({ to }) => to)).toEqual(["Pending", "Validating", "Planning"]);
  const times = planning.stateHistory.map(({ at }) => Date.parse(at));
  // A large `agoMs` must not place a step before its predecessor.
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(await bus().call(transitionDeployment, request)).toEqual(planning);
});

test("stores a release with the transition that refers to it", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const release = await (await bus().objects("releases")).put(
    JSON.stringify({ nonce: randomHex(8) }),
  );
  expect(errorCode(await callOutcome(bus(), republishRelease, { digest: release }))).toBe(
    "not-found",
  );
  const validating = await bus().call(transitionDeployment, transitionTo(pending, "Validating"));
  const planning = transitionTo(validating, "Planning", { release });
  expect(await bus().call(transitionDeployment, planning)).toMatchObject({ release });
  expect(await bus().call(republishRelease, { digest: release })).toEqual({ digest: release });
});

test("rejects all steps if one is illegal", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const illegal = { to: "Completed" as const, actor: "a", message: "too far" };
  const request = { ...transitionTo(pending, "Validating"), further: [illegal] };
  expect(errorCode(await callOutcome(bus(), transitionDeployment, request))).toBe(
    "illegal-transition",
  );
  const after = await bus().call(getDeployment, { deploymentId: pending.id });
  expect(after).toEqual(pending);
});

test("refuses an illegal transition and lists the allowed states", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const outcome = await callOutcome(
    bus(),
    transitionDeployment,
    transitionTo(pending, "Completed"),
  );
  expect(outcome).toMatchObject({
    error: { code: "illegal-transition", message: expect.stringContaining("Validating, Failed") },
  });
});

test("refuses to apply a deployment without its required approval", async () => {
  const environment = uniqueEnvironment();
  const planning = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "Planning",
  );
  const release = planning.release ?? "";
  const skip = transitionTo(planning, "Applying", { plan: planOf(planning, release, true) });
  expect(errorCode(await callOutcome(bus(), transitionDeployment, skip))).toBe("not-approved");
  const waiting = await bus().call(
    transitionDeployment,
    transitionTo(planning, "AwaitingApproval", {
      plan: planOf(planning, release, true),
      approvalExpiresAt: new Date(Date.now() + 60_000).toISOString(),
    }),
  );
  const early = await callOutcome(bus(), transitionDeployment, transitionTo(waiting, "Applying"));
  expect(errorCode(early)).toBe("not-approved");
});

test("refuses a transition that refers to an unknown release", async () => {
  const pending = await openNewDeployment(bus(), openRequest(uniqueEnvironment()));
  const validating = await bus().call(transitionDeployment, transitionTo(pending, "Validating"));
  const unknown = transitionTo(validating, "Planning", { release: randomHex(32) });
  expect(errorCode(await callOutcome(bus(), transitionDeployment, unknown))).toBe(
    "invalid-request",
  );
});

test("makes the release live after completion and reports the median duration", async () => {
  const environment = uniqueEnvironment();
  const done = await completeNewDeployment(bus(), openRequest(environment));
  const situation = await bus().call(getEnvironmentOverview, { environment });
  expect(situation.live).toEqual({
    deploymentId: done.id,
    commit: done.commit.id,
    treeHash: done.treeHash,
    release: done.release,
  });
  expect(situation).toMatchObject({ active: null, health: "Healthy", syncStatus: "Synced" });
  expect(situation.medianDurationMs).toBeGreaterThanOrEqual(0);
});

test("replaces characters that PostgreSQL cannot store", async () => {
  const environment = uniqueEnvironment();
  const planning = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "Planning",
  );
  const plan = { ...planOf(planning, planning.release ?? "", false), changes: [] };
  plan.decision.rule = "\u0000";
  await bus().call(transitionDeployment, {
    ...transitionTo(planning, "Failed", { plan, errorMessage: "bad \u0000" }),
    message: "nul \u0000",
  });
  const read = await bus().call(getDeployment, { deploymentId: planning.id });
  expect(read).toMatchObject({
    errorMessage: "bad \uFFFD",
    plan: { decision: { rule: "\u0000" } },
  });
});

test("stores the complete plan and returns it from the plan endpoint", async () => {
  const environment = uniqueEnvironment();
  const planning = await advanceTo(
    bus(),
    await openNewDeployment(bus(), openRequest(environment)),
    "Planning",
  );
  const part = planOf(planning, planning.release ?? "", false);
  const place = { type: "layer", id: "roads", path: "", file: "" };
  const change = { ...place, action: "added", risk: "Low", breaking: false, reason: "layer added" };
  const whole = { ...part, changes: Array.from({ length: 20_000 }, () => change) };
  const document = await (await bus().objects("plans")).put(JSON.stringify(whole));
  const plan = { ...part, omitted: { changes: 20_000, unavailable: 0, document } };
  const applying = await bus().call(
    transitionDeployment,
    transitionTo(planning, "Applying", { plan }),
  );
  expect(applying.plan).toEqual(plan);
  await bus().call(transitionDeployment, transitionTo(applying, "PostValidating"));
  const { body } = await requestState(url(), `/deployments/${planning.id}/plan`);
  expect(body).toEqual(whole);
});
