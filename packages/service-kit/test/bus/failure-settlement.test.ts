import { expect, it } from "vitest";
import { settlementOf } from "../../src/bus/failure-settlement.ts";
import { PermanentError, TransientError, WaitingError } from "../../src/errors.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const first = { delivery: 1, canSkip: false, now: NOW };

it("delays a waiting error until its time, and not at all if that has passed", () => {
  const later = new WaitingError("busy", "later", new Date(NOW + 5_000));
  expect(settlementOf(later, first)).toEqual({ kind: "wait", delayMs: 5_000 });
  const past = new WaitingError("busy", "past", new Date(NOW - 1));
  expect(settlementOf(past, first)).toEqual({ kind: "wait", delayMs: 0 });
});

it("retries a transient error with growing delays, then dead-letters it", () => {
  const error = new TransientError("unavailable", "unavailable");
  const settlement = settlementOf(error, first);
  expect(settlement).toMatchObject({ kind: "retry" });
  expect("delayMs" in settlement && settlement.delayMs).toBeLessThanOrEqual(250);
  expect(settlementOf(error, { ...first, delivery: 11 })).toMatchObject({ kind: "retry" });
  expect(settlementOf(error, { ...first, delivery: 12 })).toEqual({ kind: "dead-letter" });
});

it("dead-letters a permanent error at once, or skips it if it is published again", () => {
  const error = new PermanentError("invalid-request", "invalid");
  expect(settlementOf(error, first)).toEqual({ kind: "dead-letter" });
  expect(settlementOf(error, { ...first, canSkip: true })).toEqual({ kind: "skip" });
});
