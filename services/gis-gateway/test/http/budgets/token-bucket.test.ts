import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fullBucket,
  millisecondsUntilAvailable,
  refill,
  spend,
} from "../../../src/http/budgets/token-bucket.ts";

const rate = fc.record({
  perSecond: fc.double({ min: 0.001, max: 1e9, noNaN: true }),
  burst: fc.double({ min: 1, max: 1e12, noNaN: true }),
});
const cost = fc.double({ min: 0, max: 1e12, noNaN: true });
const steps = fc.array(fc.record({ cost, pause: fc.integer({ min: -1_000, max: 1e7 }) }));

describe("a token bucket", () => {
  it("never has more tokens than its burst", () => {
    fc.assert(
      fc.property(rate, steps, (aRate, all) => {
        let now = 0;
        let bucket = fullBucket(aRate, now);
        for (const step of all) {
          now += step.pause;
          bucket = spend(bucket, aRate, step.cost, now);
          expect(bucket.tokens).toBeLessThanOrEqual(aRate.burst);
        }
      }),
    );
  });

  it("never grants more than its burst and the tokens of the elapsed time", () => {
    fc.assert(
      fc.property(rate, steps, (aRate, all) => {
        let now = 0;
        let spent = 0;
        let bucket = fullBucket(aRate, now);
        for (const step of all) {
          now += Math.max(0, step.pause);
          if (millisecondsUntilAvailable(bucket, aRate, now) > 0) continue;
          // A request is admitted while there are tokens, so the last one may exceed the budget.
          const granted = aRate.burst + (now / 1_000) * aRate.perSecond;
          expect(spent).toBeLessThanOrEqual(granted * (1 + 1e-9) + 1e-6);
          bucket = spend(bucket, aRate, step.cost, now);
          spent += step.cost;
        }
      }),
    );
  });

  it("has tokens after the reported wait, but not one second earlier", () => {
    fc.assert(
      fc.property(rate, cost, (aRate, aCost) => {
        const bucket = spend(fullBucket(aRate, 0), aRate, aCost, 0);
        const wait = millisecondsUntilAvailable(bucket, aRate, 0);
        const later = refill(bucket, aRate, wait + 1);
        if (wait > 0 && wait < 1e12) expect(later.tokens).toBeGreaterThan(0);
        if (wait > 1_000) expect(refill(bucket, aRate, wait - 1_000).tokens).toBeLessThanOrEqual(0);
        expect(wait === 0).toBe(bucket.tokens > 0);
      }),
    );
  });

  it("refills the same amount in several steps as in one", () => {
    fc.assert(
      fc.property(rate, cost, fc.array(fc.nat(10_000)), (aRate, aCost, pauses) => {
        const start = spend(fullBucket(aRate, 0), aRate, aCost, 0);
        let now = 0;
        let stepwise = start;
        for (const pause of pauses) {
          now += pause;
          stepwise = refill(stepwise, aRate, now);
        }
        const atOnce = refill(start, aRate, now);
        const precision = 1e-9 * (aRate.burst + aCost) + 1e-6;
        expect(Math.abs(stepwise.tokens - atOnce.tokens)).toBeLessThanOrEqual(precision);
      }),
    );
  });
});
