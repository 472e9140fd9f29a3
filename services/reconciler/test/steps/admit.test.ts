import { describe, expect, it } from "vitest";
import { createAdmit } from "../../src/steps/admit.ts";
import { pauseGate } from "../../src/steps/gate.ts";
import { context, deployment, situation } from "../fixtures.ts";

const admit = createAdmit({ gate: pauseGate });
const pause = { reason: "the database moves", by: "user:ana", at: "2026-11-22T12:00:00.000Z" };
const paused = situation({ pause });
const pending = (trigger: "commit" | "sync" | "rollback") =>
  deployment({ state: "Pending", trigger });

describe("a pending deployment", () => {
  it("begins", async () => {
    const outcome = await admit(context({ deployment: pending("commit") }));
    expect(outcome).toMatchObject({ kind: "next", to: "Validating" });
  });

  it.each(["commit", "sync"] as const)("by %s waits while paused", async (trigger) => {
    const outcome = await admit(context({ deployment: pending(trigger), situation: paused }));
    expect(outcome).toEqual({
      kind: "wait",
      until: undefined,
      why: "environment is paused: the database moves",
      noted: true,
    });
  });

  it("goes back to a kept release even while paused", async () => {
    const outcome = await admit(context({ deployment: pending("rollback"), situation: paused }));
    expect(outcome).toMatchObject({ kind: "next" });
  });
});
