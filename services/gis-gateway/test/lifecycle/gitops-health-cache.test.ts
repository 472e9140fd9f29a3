import type { GitopsHealth } from "@honua/contracts";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { GitopsHealthCache } from "../../src/lifecycle/gitops-health-cache.ts";

let status: GitopsHealth["status"] | undefined;
let requests = 0;
let cache: GitopsHealthCache;

beforeEach(() => {
  vi.useFakeTimers();
  status = "Healthy";
  requests = 0;
  cache = new GitopsHealthCache({
    now: () => Date.now(),
    fetch: async () => {
      requests += 1;
      if (status === undefined) throw new Error("state does not respond");
      return { status, components: {}, lastReconciliation: null, nextPoll: null };
    },
  });
});
afterEach(() => {
  cache.stop();
  vi.useRealTimers();
});

it("has no health before the first report of the state service", () => {
  expect(cache.current()).toBeUndefined();
});

it("refreshes every 10 s while the system is healthy, and never when it is read", async () => {
  cache.refresh();
  await vi.advanceTimersByTimeAsync(0);
  for (let read = 0; read < 100; read += 1) expect(cache.current()?.status).toBe("Healthy");
  expect(requests).toBe(1);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(requests).toBe(3);
});

it("refreshes every 2 s while the system is unhealthy", async () => {
  status = "Unhealthy";
  cache.refresh();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(requests).toBe(3);
});

it("keeps the last health for 30 s without a report, then discards it", async () => {
  cache.refresh();
  await vi.advanceTimersByTimeAsync(0);
  status = undefined;
  await vi.advanceTimersByTimeAsync(29_999);
  expect(cache.current()?.status).toBe("Healthy");
  await vi.advanceTimersByTimeAsync(1);
  expect(cache.current()).toBeUndefined();
});

it("requests once more if a change happens during a request", async () => {
  cache.refresh();
  cache.refresh();
  cache.refresh();
  await vi.advanceTimersByTimeAsync(0);
  expect(requests).toBe(2);
});

it("sends no request after it has stopped", async () => {
  cache.refresh();
  cache.stop();
  cache.refresh();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(requests).toBe(1);
});
