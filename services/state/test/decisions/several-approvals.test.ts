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
  advanceTo,
  openNewDeployment,
  openRequest,
  planOf,
  storeNewRelease,
  transitionTo,
  uniqueEnvironment,
} from "../fixtures/deployment-fixtures.ts";
import { callOutcome, errorCode } from "../fixtures/running-state.ts";
import { stateUnderTest } from "../fixtures/state-under-test.ts";

const { bus, natsUrl } = stateUnderTest();

/** A deployment that awaits the approvals of a policy. Ana is the author of its commit. */
async function awaiting(
  approvals: ApprovalRequirement,
  over: Parameters<typeof openRequest>[1] = {},
): Promise<Deployment> {
  const environment = uniqueEnvironment();
  const start = await openNewDeployment(bus(), openRequest(environment, over));
  const planning = await advanceTo(bus(), start, "Planning");
  const plan = planOf(planning, await storeNewRelease(bus(), environment), true);
  plan.decision.approvals = approvals;
  const approvalExpiresAt = new Date(Date.now() + 3_600_000).toISOString();
  return bus().call(
    transitionDeployment,
    transitionTo(planning, "AwaitingApproval", { plan, approvalExpiresAt }),
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
  callOutcome(bus(), recordDecision, request(...about));

/** Reads the approval events until one has the type `last`. */
async function approvalEvents(environment: string, last: string) {
  const shown = [deployApprovalGiven.type, deployApproved.type, deployFailed.type, last];
  const events = await eventsUntil(natsUrl(), environment, last);
  return events
    .filter(({ type }) => shown.includes(type))
    .map(({ type, data }) => ({ type, data: data as Record<string, unknown> }));
}

describe("a deployment that requires two approvals", () => {
  test("continues after the second one, with one event per approval", async () => {
    const waiting = await awaiting({ required: 2 });
    const first = await approve(waiting, "bo@example.com", { reason: "looks right" });
    expect(approvalProgress(first)).toEqual({
      required: 2,
      approvedBy: ["bo@example.com"],
      isComplete: false,
    });
    const early = await callOutcome(bus(), transitionDeployment, transitionTo(first, "Applying"));
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
    expect(await bus().call(transitionDeployment, transitionTo(second, "Applying"))).toMatchObject({
      state: "Applying",
    });
  });

  test("counts a subject once, regardless of case and spaces", async () => {
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

  test("fails after one rejection by any approver", async () => {
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

  test("accepts two of many concurrent approvals in two processes, one per subject", async () => {
    const waiting = await awaiting({ required: 2 });
    const people = ["bo", "cy", "di", "bo", "cy", "di", "bo", "cy"].map((n) => `${n}@example.com`);
    const outcomes = await Promise.all(people.map((subject) => attempt(waiting, subject)));
    expect(outcomes.filter((outcome) => "value" in outcome)).toHaveLength(2);
    const refused = outcomes.filter((outcome) => "error" in outcome).map(errorCode);
    expect(new Set(refused)).toEqual(new Set(["already-decided"]));
    const after = await bus().call(getDeployment, { deploymentId: waiting.id });
    expect(new Set(after.decisions.map(({ subject }) => subject)).size).toBe(2);
    const events = await approvalEvents(waiting.environment, deployApproved.type);
    expect(events.map(({ type }) => type)).toEqual([deployApprovalGiven.type, deployApproved.type]);
  });

  test("has one outcome for two approvals and a rejection at the same time", async () => {
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

describe("approver rules", () => {
  const requested = { initiatedBy: "user:oscar@example.com" };

  test.each<[string, ApprovalRequirement, Parameters<typeof request>[1], object, string[]]>([
    [
      "a subject on no list",
      { required: 1, approvers: ["team:gis-ops"] },
      "bo@example.com",
      {},
      [],
    ],
    [
      "a member of one list but not of the other",
      { required: 1, approvers: ["team:gis-ops"], furtherApprovers: ["user:ana@example.com"] },
      "bo@example.com",
      { teams: ["gis-ops"] },
      [],
    ],
  ])("refuse %s", async (_approver, approvals, subject, over, identities) => {
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
      "the author as the recorder of another subject",
      { required: 1, forbidAuthor: true },
      "bo",
      {
        recordedBy: "ana@example.com",
      },
      [],
    ],
    ["the committer", { required: 1, forbidCommitter: true }, "ana@example.com", {}, []],
    ["the requester", { required: 1, forbidRequester: true }, "oscar@example.com", {}, []],
  ])("refuse an approval by %s", async (_approver, approvals, subject, over, identities) => {
    const waiting = await awaiting(approvals, requested);
    const refused = await attempt(waiting, subject, over, identities);
    expect(errorCode(refused)).toBe("excluded-approver");
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
      "a subject on the list",
      { required: 1, approvers: ["user:Bo@example.com"] },
      "bo@example.com",
      {},
    ],
    ["the author if forbidAuthor is not set", { required: 1 }, "ana@example.com", {}],
    [
      "a subject that is none of the three",
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
      "an approver with the required reason",
      { required: 1, reasonRequired: true },
      "bo",
      {
        reason: "checked in staging",
      },
    ],
  ])("allow %s", async (_approver, approvals, subject, over) => {
    const waiting = await awaiting(approvals, requested);
    expect(approvalProgress(await approve(waiting, subject, over)).isComplete).toBe(true);
  });

  test("refuse an approval without a required reason", async () => {
    const waiting = await awaiting({ required: 1, reasonRequired: true });
    expect(errorCode(await attempt(waiting, "bo@example.com", { reason: "  " }))).toBe(
      "reason-required",
    );
  });

  test("refuse an approval of another plan, which does not count later", async () => {
    const waiting = await awaiting({ required: 1 });
    const other = await attempt(waiting, "bo@example.com", { planDigest: "e".repeat(64) });
    expect(errorCode(other)).toBe("plan-changed");
    const after = await bus().call(getDeployment, { deploymentId: waiting.id });
    expect(after.decisions).toEqual([]);
  });
});
