import type { Bus } from "@honua/service-kit";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchDesiredRelease } from "../../src/lifecycle/desired-watch.ts";
import { silent } from "../support/gateway.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const entry = (release: string, revision: number) => ({
  key: "production",
  value: { environment: "production", release, deploymentId: "a", at: "2026-01-01T00:00:00.000Z" },
  revision,
});

/** A bucket whose reads the test completes. */
function createSlowBucket() {
  const reads: ((answer: ReturnType<typeof entry>) => void)[] = [];
  const waiting: ((change: ReturnType<typeof entry>) => void)[] = [];
  const bucket = {
    get: () => new Promise((resolve) => reads.push(resolve)),
    async *watch() {
      for (;;) {
        yield await new Promise<ReturnType<typeof entry>>((resolve) => waiting.push(resolve));
      }
    },
  };
  const bus = { bucket: async () => bucket, isConnected: () => true } as unknown as Bus;
  return {
    bus,
    change: (release: string, revision: number) => waiting.shift()?.(entry(release, revision)),
    answerRead: (release: string, revision: number) => reads.shift()?.(entry(release, revision)),
  };
}

function watchOn(bus: Bus): string[] {
  const desired: string[] = [];
  watchDesiredRelease({
    bus,
    environment: "production",
    log: silent,
    onDesired: (digest) => desired.push(digest),
  });
  return desired;
}

it("finds a missed change by reading, even after revisions restarted", async () => {
  const { bus, change, answerRead } = createSlowBucket();
  const desired = watchOn(bus);
  await vi.advanceTimersByTimeAsync(0);
  change("first", 40);
  await vi.advanceTimersByTimeAsync(10_000);
  answerRead("missed", 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(desired).toEqual(["first", "missed"]);
});

it("ignores a read that is older than a change", async () => {
  const { bus, change, answerRead } = createSlowBucket();
  const desired = watchOn(bus);
  await vi.advanceTimersByTimeAsync(0);
  change("first", 1);
  await vi.advanceTimersByTimeAsync(10_000);
  change("second", 2);
  await vi.advanceTimersByTimeAsync(0);
  answerRead("first", 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(desired).toEqual(["first", "second"]);
});
