import { getDeployment, getSituation, offerRelease, transitionDeployment } from "@honua/contracts";
import { expect, test } from "vitest";
import {
  anEnvironment,
  aPlan,
  aRequest,
  deployed,
  driveTo,
  hex,
  keptRelease,
  opened,
  toState,
} from "../fixtures/deployment-fixtures.ts";
import { codeOf, outcomeOf } from "../fixtures/running-state.ts";
import { askState } from "../fixtures/state-api.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, url } = stateUnderTest();

test("of two that saw the same version exactly one wins", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const outcomes = await Promise.all([
    outcomeOf(bus(), transitionDeployment, { ...toState(pending, "Validating"), actor: "a" }),
    outcomeOf(bus(), transitionDeployment, { ...toState(pending, "Validating"), actor: "b" }),
  ]);
  expect(outcomes.filter((outcome) => "value" in outcome)).toHaveLength(1);
  expect(outcomes.map(codeOf)).toContain("stale-version");
  const after = await bus().call(getDeployment, { deploymentId: pending.id });
  expect(after).toMatchObject({ version: 2, state: "Validating" });
  expect(after.stateHistory).toHaveLength(2);
});

test("the same one again, after a lost reply, is done once; another that says the same is late", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const request = { ...toState(pending, "Validating"), requestId: "one" };
  const first = await bus().call(transitionDeployment, request);
  expect(await bus().call(transitionDeployment, request)).toEqual(first);
  for (const requestId of ["another", undefined]) {
    const late = await outcomeOf(bus(), transitionDeployment, { ...request, requestId });
    expect(codeOf(late)).toBe("stale-version");
  }
});

test("several steps are recorded at once, each with its time and its events", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const release = await keptRelease(bus(), pending.environment);
  const planned = { to: "Planning" as const, actor: "a", message: "on", facts: { release } };
  const asked = { ...toState(pending, "Validating"), requestId: "several" };
  const request = { ...asked, agoMs: 60_000, further: [planned] };
  const planning = await bus().call(transitionDeployment, request);
  expect(planning).toMatchObject({ version: 3, state: "Planning" });
  expect(planning.stateHistory.map(({ to }) => to)).toEqual(["Pending", "Validating", "Planning"]);
  const times = planning.stateHistory.map(({ at }) => Date.parse(at));
  // No step is older than the one before, however long ago it is said to have been.
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(await bus().call(transitionDeployment, request)).toEqual(planning);
});

test("a release is kept with the transition that names it", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const release = await (await bus().objects("releases")).put(JSON.stringify({ nonce: hex(8) }));
  expect(codeOf(await outcomeOf(bus(), offerRelease, { digest: release }))).toBe("not-found");
  const validating = await bus().call(transitionDeployment, toState(pending, "Validating"));
  const planning = toState(validating, "Planning", { release });
  expect(await bus().call(transitionDeployment, planning)).toMatchObject({ release });
  expect(await bus().call(offerRelease, { digest: release })).toEqual({ digest: release });
});

test("of several steps all are taken or none", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const illegal = { to: "Completed" as const, actor: "a", message: "too far" };
  const request = { ...toState(pending, "Validating"), further: [illegal] };
  expect(codeOf(await outcomeOf(bus(), transitionDeployment, request))).toBe("illegal-transition");
  const after = await bus().call(getDeployment, { deploymentId: pending.id });
  expect(after).toEqual(pending);
});

test("an edge that is not legal is refused, and names the possible ones", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const outcome = await outcomeOf(bus(), transitionDeployment, toState(pending, "Completed"));
  expect(outcome).toMatchObject({
    error: { code: "illegal-transition", message: expect.stringContaining("Validating, Failed") },
  });
});

test("nothing that needs an approval is applied without one", async () => {
  const environment = anEnvironment();
  const planning = await driveTo(bus(), await opened(bus(), aRequest(environment)), "Planning");
  const release = planning.release ?? "";
  const skip = toState(planning, "Applying", { plan: aPlan(planning, release, true) });
  expect(codeOf(await outcomeOf(bus(), transitionDeployment, skip))).toBe("not-approved");
  const waiting = await bus().call(
    transitionDeployment,
    toState(planning, "AwaitingApproval", {
      plan: aPlan(planning, release, true),
      approvalExpiresAt: new Date(Date.now() + 60_000).toISOString(),
    }),
  );
  const early = await outcomeOf(bus(), transitionDeployment, toState(waiting, "Applying"));
  expect(codeOf(early)).toBe("not-approved");
});

test("a release must be kept before a deployment refers to it", async () => {
  const pending = await opened(bus(), aRequest(anEnvironment()));
  const validating = await bus().call(transitionDeployment, toState(pending, "Validating"));
  const unknown = toState(validating, "Planning", { release: hex(32) });
  expect(codeOf(await outcomeOf(bus(), transitionDeployment, unknown))).toBe("invalid-request");
});

test("after a success the release is live, with a median of the work it took", async () => {
  const environment = anEnvironment();
  const done = await deployed(bus(), aRequest(environment));
  const situation = await bus().call(getSituation, { environment });
  expect(situation.live).toEqual({
    deploymentId: done.id,
    commit: done.commit.id,
    treeHash: done.treeHash,
    release: done.release,
  });
  expect(situation).toMatchObject({ active: null, health: "Healthy", syncStatus: "Synced" });
  expect(situation.medianDurationMs).toBeGreaterThanOrEqual(0);
});

test("text that PostgreSQL cannot hold does no harm", async () => {
  const environment = anEnvironment();
  const planning = await driveTo(bus(), await opened(bus(), aRequest(environment)), "Planning");
  const plan = { ...aPlan(planning, planning.release ?? "", false), changes: [] };
  plan.decision.rule = "\u0000";
  await bus().call(transitionDeployment, {
    ...toState(planning, "Failed", { plan, errorMessage: "bad \u0000" }),
    message: "nul \u0000",
  });
  const read = await bus().call(getDeployment, { deploymentId: planning.id });
  expect(read).toMatchObject({
    errorMessage: "bad \uFFFD",
    plan: { decision: { rule: "\u0000" } },
  });
});

test("the whole of a plan that came in part is kept, and read by its own address", async () => {
  const environment = anEnvironment();
  const planning = await driveTo(bus(), await opened(bus(), aRequest(environment)), "Planning");
  const part = aPlan(planning, planning.release ?? "", false);
  const place = { type: "layer", id: "roads", path: "", file: "" };
  const change = { ...place, action: "added", risk: "Low", breaking: false, reason: "layer added" };
  const whole = { ...part, changes: Array.from({ length: 20_000 }, () => change) };
  const document = await (await bus().objects("plans")).put(JSON.stringify(whole));
  const plan = { ...part, omitted: { changes: 20_000, unavailable: 0, document } };
  const applying = await bus().call(transitionDeployment, toState(planning, "Applying", { plan }));
  expect(applying.plan).toEqual(plan);
  await bus().call(transitionDeployment, toState(applying, "PostValidating"));
  const { answer } = await askState(url(), `/deployments/${planning.id}/plan`);
  expect(answer).toEqual(whole);
});
