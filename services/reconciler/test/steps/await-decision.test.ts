import { describe, expect, it } from "vitest";
import { createAwaitDecision } from "../../src/steps/await-decision.ts";
import { waitAndShow } from "../../src/steps/step.ts";
import { context, deployment, plan, SHA, situation } from "../fixtures.ts";

const NOON = new Date("2026-11-22T12:00:00.000Z");
const awaitDecision = createAwaitDecision({
  clock: { now: () => NOON },
  checkWindow: async ({ situation: { lastChangeAt } }) =>
    lastChangeAt ? waitAndShow("cooldown of 600 s") : undefined,
});
const approval = (planDigest: string) => ({
  outcome: "approved" as const,
  subject: "ana@example.com",
  recordedBy: "ana@example.com",
  method: "token" as const,
  at: NOON.toISOString(),
  planDigest,
});
const awaiting = (changes: object) =>
  awaitDecision(context({ deployment: deployment({ state: "AwaitingApproval", ...changes }) }));

describe("a deployment in AwaitingApproval", () => {
  it("continues when its exact plan is approved", async () => {
    const outcome = await awaiting({ decisions: [approval(SHA("c"))] });
    expect(outcome).toMatchObject({
      kind: "next",
      to: "Applying",
      message: "Approved by ana@example.com",
    });
  });

  it("continues only after all required approvals", async () => {
    const decision = {
      requiresApproval: true,
      rule: "server policy: requiresApproval is true",
      allowed: true,
      approvals: { required: 2 },
    };
    const first = approval(SHA("c"));
    const needed = { plan: plan({ decision }) };
    const waits = { kind: "wait", why: "waiting for approval" };
    expect(await awaiting({ ...needed, decisions: [first] })).toMatchObject(waits);
    expect(await awaiting({ ...needed, decisions: [first, first] })).toMatchObject(waits);
    const second = { ...first, subject: "bo@example.com" };
    expect(await awaiting({ ...needed, decisions: [first, second] })).toMatchObject({
      to: "Applying",
      message: "Approved by ana@example.com and bo@example.com",
    });
  });

  it("stays approved while the environment is paused", async () => {
    const pause = { reason: "the database moves", by: "user:ana", at: NOON.toISOString() };
    const outcome = await awaitDecision(
      context({
        deployment: deployment({ state: "AwaitingApproval", decisions: [approval(SHA("c"))] }),
        situation: situation({ pause }),
      }),
    );
    expect(outcome).toMatchObject({
      kind: "wait",
      note: { notBefore: null },
      why: "environment is paused: the database moves",
    });
  });

  it("stays approved until a window opens", async () => {
    const outcome = await awaitDecision(
      context({
        deployment: deployment({ state: "AwaitingApproval", decisions: [approval(SHA("c"))] }),
        situation: situation({ lastChangeAt: NOON.toISOString() }),
      }),
    );
    expect(outcome).toMatchObject({ kind: "wait", why: "cooldown of 600 s" });
  });

  it("keeps waiting if a different plan was approved", async () => {
    expect(await awaiting({ decisions: [approval(SHA("f"))] })).toMatchObject({ kind: "wait" });
  });

  it("waits until the approval expires, then fails", async () => {
    const later = "2026-11-22T12:00:00.001Z";
    expect(await awaiting({ approvalExpiresAt: later })).toMatchObject({
      kind: "wait",
      until: new Date(later),
    });
    expect(await awaiting({ approvalExpiresAt: NOON.toISOString() })).toMatchObject({
      kind: "fail",
      reason: "ApprovalExpired",
    });
  });
});
