import fc from "fast-check";
import { expect, test } from "vitest";
import { nextPollDelay } from "../../src/watch/poll-schedule.ts";

const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const interval = fc.integer({ min: 200, max: 86_400_000 });

test("waits the interval ±10 % after a success", () => {
  fc.assert(
    fc.property(interval, random, (intervalMs, r) => {
      const delay = nextPollDelay(intervalMs, { kind: "done" }, () => r);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(intervalMs * 0.9));
      expect(delay).toBeLessThanOrEqual(Math.ceil(intervalMs * 1.1));
    }),
  );
});

test("backs off after Git failures, from the interval to five minutes or to a longer interval", () => {
  fc.assert(
    fc.property(interval, fc.integer({ min: 1, max: 60 }), random, (intervalMs, failures, r) => {
      const delay = nextPollDelay(intervalMs, { kind: "git-failed", failures }, () => r);
      expect(delay).toBeGreaterThanOrEqual(Math.floor(Math.min(intervalMs, 300_000) / 2));
      expect(delay).toBeLessThanOrEqual(Math.max(intervalMs, 300_000));
    }),
  );
});

test("retries within ten seconds after failures of our own services", () => {
  fc.assert(
    fc.property(interval, fc.integer({ min: 1, max: 60 }), random, (intervalMs, failures, r) => {
      const delay = nextPollDelay(intervalMs, { kind: "services-failed", failures }, () => r);
      expect(delay).toBeGreaterThanOrEqual(250);
      expect(delay).toBeLessThanOrEqual(10_000);
    }),
  );
});
