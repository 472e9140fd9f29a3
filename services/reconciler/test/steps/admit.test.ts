import type { DeploymentPolicy } from "@honua/contracts";
import { DEFAULT_POLICY } from "@honua/release";
import { describe, expect, it } from "vitest";
import { createAdmit } from "../../src/steps/admit.ts";
import { createWindowCheck } from "../../src/steps/start-conditions.ts";
import { context, deployment, situation } from "../fixtures.ts";

const NOW = new Date("2026-11-22T14:31:00.000Z");
const freeze = { name: "freeze", start: "2026-11-22", end: "2026-11-23", timezone: "UTC" };
const admitUnder = (policy: Partial<DeploymentPolicy>, attention = false) =>
  createAdmit({
    checkWindow: createWindowCheck({
      clock: { now: () => NOW },
      policy: async () => ({ ...DEFAULT_POLICY, ...policy }),
    }),
    needsAttention: async () => attention,
  });
const admit = admitUnder({});
const pause = { reason: "the database moves", by: "user:ana", at: "2026-11-22T12:00:00.000Z" };
const paused = situation({ pause });
const pending = (trigger: "commit" | "sync" | "rollback") =>
  deployment({ state: "Pending", trigger });

describe("a Pending deployment", () => {
  it("starts", async () => {
    const outcome = await admit(context({ deployment: pending("commit") }));
    expect(outcome).toMatchObject({ kind: "next", to: "Validating" });
  });

  it.each(["commit", "sync"] as const)("by %s waits while paused", async (trigger) => {
    const outcome = await admit(context({ deployment: pending(trigger), situation: paused }));
    expect(outcome).toEqual({
      kind: "wait",
      until: undefined,
      why: "environment is paused: the database moves",
      note: { notBefore: null },
    });
  });

  it("starts a rollback even while the environment is paused", async () => {
    const outcome = await admit(context({ deployment: pending("rollback"), situation: paused }));
    expect(outcome).toMatchObject({ kind: "next" });
  });

  it("waits for the end of a blackout and shows the time", async () => {
    const closed = admitUnder({ blackoutPeriods: [freeze] });
    expect(await closed(context({ deployment: pending("commit") }))).toEqual({
      kind: "wait",
      until: new Date("2026-11-23T00:00:00.000Z"),
      why: "blackout 'freeze'",
      note: { notBefore: "2026-11-23T00:00:00.000Z" },
    });
  });

  it("continues before the window opens if approval is needed or the commit is invalid", async () => {
    const closed = admitUnder({ blackoutPeriods: [freeze] }, true);
    const outcome = await closed(context({ deployment: pending("commit") }));
    expect(outcome).toMatchObject({ kind: "next", to: "Validating" });
  });

  it("does not wait for a window after an override or as a rollback", async () => {
    const closed = admitUnder({ blackoutPeriods: [freeze] });
    const windowOverride = { by: "user:ana", reason: "outage", at: NOW.toISOString() };
    const overridden = { ...pending("commit"), windowOverride };
    expect(await closed(context({ deployment: overridden }))).toMatchObject({ kind: "next" });
    expect(await closed(context({ deployment: pending("rollback") }))).toMatchObject({
      kind: "next",
    });
  });

  it("waits for the cooldown, and fails when it has waited too long", async () => {
    const lastChangeAt = "2026-11-22T14:30:00.000Z";
    const resting = { deployment: pending("commit"), situation: situation({ lastChangeAt }) };
    expect(await admitUnder({ cooldownSeconds: 600 })(context(resting))).toMatchObject({
      kind: "wait",
      note: { notBefore: "2026-11-22T14:40:00.000Z" },
    });
    const impatient = admitUnder({ cooldownSeconds: 600, maxPendingAgeSeconds: 30 });
    expect(await impatient(context(resting))).toMatchObject({ kind: "fail", reason: "Rejected" });
  });
});
