import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, deploymentStart, stricterPolicy } from "../src/index.ts";

const NOON = new Date("2026-06-01T12:00:00.000Z");
const minutes = (count: number) => new Date(NOON.getTime() + count * 60_000);
const facts = { now: NOON, openedAt: minutes(-1), lastChangeAt: undefined };
const afternoon = {
  days: ["Mon" as const],
  start: "15:00",
  end: "17:00",
  timezone: "UTC",
};
const inTheAfternoon = { ...DEFAULT_POLICY, deploymentWindows: [afternoon] };

describe("the time at which a deployment may start", () => {
  it("is now, by default", () => {
    expect(deploymentStart(DEFAULT_POLICY, facts)).toEqual({ kind: "now" });
  });

  it("is the next opening, with the window as the reason", () => {
    expect(deploymentStart(inTheAfternoon, facts)).toEqual({
      kind: "later",
      notBefore: minutes(180),
      lookAgain: minutes(180),
      why: "deployment window: Mon 15:00-17:00 UTC",
    });
  });

  it("is the end of the blackout, with its name and reason", () => {
    const freeze = {
      name: "freeze",
      start: "2026-06-01",
      end: "2026-06-02",
      timezone: "UTC",
      reason: "audit",
    };
    const policy = { ...inTheAfternoon, blackoutPeriods: [freeze] };
    expect(deploymentStart(policy, facts)).toMatchObject({
      notBefore: new Date("2026-06-08T15:00:00.000Z"),
      why: "blackout 'freeze' (audit)",
    });
  });

  it("is not before the end of the cooldown", () => {
    const policy = { ...DEFAULT_POLICY, cooldownSeconds: 600 };
    expect(deploymentStart(policy, { ...facts, lastChangeAt: minutes(-4) })).toMatchObject({
      kind: "later",
      notBefore: minutes(6),
      why: "cooldown of 600 s",
    });
    expect(deploymentStart(policy, { ...facts, lastChangeAt: minutes(-10) })).toEqual({
      kind: "now",
    });
  });

  it("is never after the maximum pending age, which is also when to check again", () => {
    const policy = { ...inTheAfternoon, maxPendingAgeSeconds: 3_600 };
    expect(deploymentStart(policy, facts)).toMatchObject({ lookAgain: minutes(59) });
    expect(deploymentStart(policy, { ...facts, openedAt: minutes(-60) })).toMatchObject({
      kind: "never",
      why: expect.stringContaining("maxPendingAge"),
    });
  });
});

it("of two policies respects both windows, all blackouts, the longer cooldown and the shorter age", () => {
  const blackout = { name: "a", start: "2026-01-01", end: "2026-01-02", timezone: "UTC" };
  const floor = {
    ...inTheAfternoon,
    blackoutPeriods: [blackout],
    cooldownSeconds: 60,
    maxPendingAgeSeconds: 100,
  };
  const repository = {
    ...DEFAULT_POLICY,
    deploymentWindows: [{ ...afternoon, end: "16:00" }],
    blackoutPeriods: [{ ...blackout, name: "b" }],
    cooldownSeconds: 30,
    maxPendingAgeSeconds: 200,
  };
  expect(stricterPolicy(floor, repository)).toMatchObject({
    deploymentWindows: [{ end: "17:00" }],
    furtherWindows: [{ end: "16:00" }],
    blackoutPeriods: [{ name: "a" }, { name: "b" }],
    cooldownSeconds: 60,
    maxPendingAgeSeconds: 100,
  });
  expect(stricterPolicy(DEFAULT_POLICY, DEFAULT_POLICY)).toEqual(DEFAULT_POLICY);
});
