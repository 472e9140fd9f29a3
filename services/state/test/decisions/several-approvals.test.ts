import {
  type ApprovalRequirement,
  approvalProgress,
  type Deployment,
  deployApprovalGiven,
  deployApproved,
  deployFailed,
  getDeployment,
  recordDecision,
  transitionDeployment,
} from "@honua/contracts";
import { eventsUntil } from "@honua/testing/event-history";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import {
  anEnvironment,
  aPlan,
  aRequest,
  driveTo,
  keptRelease,
  opened,
  toState,
} from "../fixtures/deployment-fixtures.ts";
import { codeOf, outcomeOf } from "../fixtures/running-state.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl } = stateUnderTest();

/** A deployment that waits for the people whom a policy asks for; Ana wrote the commit. */
async function awaiting(
  approvals: ApprovalRequirement,
  over: Parameters<typeof aRequest>[1] = {},
): Promise<Deployment> {
  const environment = anEnvironment();
  const start = await opened(bus(), aRequest(environment, over));
  const planning = await driveTo(bus(), start, "Planning");
  const plan = aPlan(planning, await keptRelease(bus(), environment), true);
  plan.decision.approvals = approvals;
  const approvalExpiresAt = new Date(Date.now() + 3_600_000).toISOString();
  return bus().call(
    transitionDeployment,
    toState(planning, "AwaitingApproval", { plan, approvalExpiresAt }),
  );
}

type Request = z.input<typeof recordDecision.request>;

function request(
  deployment: Deployment,
  subject: string,
  over: Partial<Request["decision"]> = {},
  identities: string[] = [],
): Request {
  const planDigest = deployment.plan?.planDigest ?? "";
  return {
    deploymentId: deployment.id,
    decision: {
      outcome: "approved",
      subject,
      recordedBy: subject,
      method: "token",
      planDigest,
      ...over,
    },
    identities,
  };
}

const approve = (...about: Parameters<typeof request>) =>
  bus().call(recordDecision, request(...about));
const attempt = (...about: Parameters<typeof request>) =>
  outcomeOf(bus(), recordDecision, request(...about));

/** The events about an approval, until one of them is `last`. */
async function approvalEvents(environment: string, last: string) {
  const shown = [deployApprovalGiven.type, deployApproved.type, deployFailed.type, last];
  const events = await eventsUntil(natsUrl(), environment, last);
  return events
    .filter(({ type }) => shown.includes(type))
    .map(({ type, data }) => ({ type, data: data as Record<string, unknown> }));
}

describe("a deployment that needs two people", () => {
  test("goes on after the second, and each approval is an event of its own", async () => {
    const waiting = await awaiting({ required: 2 });
    const first = await approve(waiting, "bo@example.com", { reason: "looks right" });
    expect(approvalProgress(first)).toEqual({
      required: 2,
      approvedBy: ["bo@example.com"],
      isComplete: false,
    });
    const early = await outcomeOf(bus(), transitionDeployment, toState(first, "Applying"));
    expect(early).toMatchObject({
      error: { code: "not-approved", message: expect.stringContaining("1 of 2 approvals") },
    });

    const second = await approve(waiting, "cy@example.com", { teams: ["gis-ops"] });
    expect(second.decisions).toMatchObject([
      { subject: "bo@example.com", method: "token", reason: "looks right" },
      { subject: "cy@example.com", teams: ["gis-ops"], at: expect.any(String) },
    ]);
    expect(await approvalEvents(waiting.environment, deployApproved.type)).toMatchObject([
      {
        type: deployApprovalGiven.type,
        data: { subject: "bo@example.com", approvedBy: ["bo@example.com"], required: 2 },
      },
      { type: deployApproved.type, data: { subjects: ["bo@example.com", "cy@example.com"] } },
    ]);
    const third = await attempt(waiting, "di@example.com");
    expect(third).toMatchObject({
      error: {
        code: "already-decided",
        message: expect.stringContaining("approved by bo@example.com and cy@example.com"),
      },
    });
    expect(await bus().call(transitionDeployment, toState(second, "Applying"))).toMatchObject({
      state: "Applying",
    });
  });

  test("counts nobody twice, however the name is written", async () => {
    const waiting = await awaiting({ required: 2 });
    await approve(waiting, "bo@example.com");
    const again = await attempt(waiting, " Bo@Example.com");
    expect(again).toMatchObject({
      error: {
        code: "already-decided",
        message: expect.stringMatching(/was already approved .* 1 of 2 approvals/),
      },
    });
  });

  test("is ended by one rejection, by whomever", async () => {
    const waiting = await awaiting({ required: 2, approvers: ["team:gis-ops"] });
    await approve(waiting, "bo@example.com", { teams: ["gis-ops"] });
    const rejected = await approve(waiting, "cy@example.com", {
      outcome: "rejected",
      reason: "no",
    });
    expect(rejected).toMatchObject({ state: "Failed", reason: "Rejected" });
    const late = await attempt(waiting, "di@example.com", { teams: ["gis-ops"] });
    expect(late).toMatchObject({
      error: {
        code: "not-awaiting-approval",
        message: expect.stringContaining("is Failed (Rejected)"),
      },
    });
  });

  test("takes two of all who press at once in two processes, each once", async () => {
    const waiting = await awaiting({ required: 2 });
    const people = ["bo", "cy", "di", "bo", "cy", "di", "bo", "cy"].map((n) => `${n}@example.com`);
    const outcomes = await Promise.all(people.map((subject) => attempt(waiting, subject)));
    expect(outcomes.filter((outcome) => "value" in outcome)).toHaveLength(2);
    const refused = outcomes.filter((outcome) => "error" in outcome).map(codeOf);
    expect(new Set(refused)).toEqual(new Set(["already-decided"]));
    const after = await bus().call(getDeployment, { deploymentId: waiting.id });
    expect(new Set(after.decisions.map(({ subject }) => subject)).size).toBe(2);
    const events = await approvalEvents(waiting.environment, deployApproved.type);
    expect(events.map(({ type }) => type)).toEqual([deployApprovalGiven.type, deployApproved.type]);
  });

  test("of two approvals and a rejection at once ends in one way only", async () => {
    const waiting = await awaiting({ required: 2 });
    await Promise.all([
      attempt(waiting, "bo@example.com"),
      attempt(waiting, "cy@example.com", { outcome: "rejected", reason: "no" }),
      attempt(waiting, "di@example.com"),
    ]);
    const { state, decisions, ...after } = await bus().call(getDeployment, {
      deploymentId: waiting.id,
    });
    const wasRejected = decisions.some(({ outcome }) => outcome === "rejected");
    expect(state).toBe(wasRejected ? "Failed" : "AwaitingApproval");
    expect(approvalProgress({ ...after, decisions }).isComplete).toBe(!wasRejected);
  });
});

describe("who may approve", () => {
  const requested = { initiatedBy: "user:oscar@example.com" };

  test.each<[string, ApprovalRequirement, Parameters<typeof request>[1], object, string[]]>([
    ["a person on no list", { required: 1, approvers: ["team:gis-ops"] }, "bo@example.com", {}, []],
    [
      "a member of one list but not of the other",
      { required: 1, approvers: ["team:gis-ops"], furtherApprovers: ["user:ana@example.com"] },
      "bo@example.com",
      { teams: ["gis-ops"] },
      [],
    ],
  ])("not %s", async (_who, approvals, subject, over, identities) => {
    const waiting = await awaiting(approvals);
    const refused = await attempt(waiting, subject, over, identities);
    expect(refused).toMatchObject({
      error: { code: "not-an-approver", message: expect.stringContaining(subject) },
    });
  });

  test.each<[string, ApprovalRequirement, string, object, string[]]>([
    ["the author", { required: 1, forbidAuthor: true }, "Ana@example.com", {}, []],
    [
      "the author by another name",
      { required: 1, forbidAuthor: true },
      "4711",
      {},
      ["ana@example.com"],
    ],
    [
      "the author through somebody else's name",
      { required: 1, forbidAuthor: true },
      "bo",
      {
        recordedBy: "ana@example.com",
      },
      [],
    ],
    ["the committer", { required: 1, forbidCommitter: true }, "ana@example.com", {}, []],
    ["who asked for it", { required: 1, forbidRequester: true }, "oscar@example.com", {}, []],
  ])("not %s", async (_who, approvals, subject, over, identities) => {
    const waiting = await awaiting(approvals, requested);
    const refused = await attempt(waiting, subject, over, identities);
    expect(codeOf(refused)).toBe("excluded-approver");
    const rejected = await approve(waiting, subject, {
      ...over,
      outcome: "rejected",
      reason: "no",
    });
    expect(rejected.state).toBe("Failed");
  });

  test.each<[string, ApprovalRequirement, string, object]>([
    [
      "a member of a team",
      { required: 1, approvers: ["team:gis-ops"] },
      "bo",
      {
        teams: ["other", "gis-ops"],
      },
    ],
    [
      "a person on the list",
      { required: 1, approvers: ["user:Bo@example.com"] },
      "bo@example.com",
      {},
    ],
    ["the author where it is not forbidden", { required: 1 }, "ana@example.com", {}],
    [
      "anybody but those three",
      {
        required: 1,
        forbidAuthor: true,
        forbidCommitter: true,
        forbidRequester: true,
      },
      "bo@example.com",
      {},
    ],
    [
      "who gives the reason that is asked for",
      { required: 1, reasonRequired: true },
      "bo",
      {
        reason: "checked in staging",
      },
    ],
  ])("%s", async (_who, approvals, subject, over) => {
    const waiting = await awaiting(approvals, requested);
    expect(approvalProgress(await approve(waiting, subject, over)).isComplete).toBe(true);
  });

  test("not without a reason where one is asked for", async () => {
    const waiting = await awaiting({ required: 1, reasonRequired: true });
    expect(codeOf(await attempt(waiting, "bo@example.com", { reason: "  " }))).toBe(
      "reason-required",
    );
  });

  test("not on another plan, which counts for nothing later", async () => {
    const waiting = await awaiting({ required: 1 });
    const other = await attempt(waiting, "bo@example.com", { planDigest: "e".repeat(64) });
    expect(codeOf(other)).toBe("plan-changed");
    const after = await bus().call(getDeployment, { deploymentId: waiting.id });
    expect(after.decisions).toEqual([]);
  });
});
