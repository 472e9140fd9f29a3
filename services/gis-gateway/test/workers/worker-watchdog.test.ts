import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createWorkerWatchdog, type WorkerWatchdog } from "../../src/workers/worker-watchdog.ts";

const EVERY_MS = 5_000;

let watch: WorkerWatchdog;
let silent: number[];
let asked: number[];
let present: number[];

beforeEach(() => {
  vi.useFakeTimers();
  [silent, asked, present] = [[], [], [1, 2]];
  watch = createWorkerWatchdog({
    numbers: [1, 2],
    ask(worker) {
      if (!present.includes(worker)) return false;
      asked.push(worker);
      return true;
    },
    onHang: (worker) => silent.push(worker),
  });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it("does not kill workers that respond late", () => {
  for (let round = 0; round < 20; round += 1) {
    vi.advanceTimersByTime(EVERY_MS);
    if (round % 3 === 2) for (const worker of present) watch.recordMessage(worker);
  }
  expect(asked).toHaveLength(40);
  expect(silent).toEqual([]);
});

it("reports a worker once after three missed pings", () => {
  for (let round = 0; round < 10; round += 1) {
    vi.advanceTimersByTime(EVERY_MS);
    watch.recordMessage(1);
    expect(silent).toEqual(round < 3 ? [] : [2]);
  }
});

it("resets the count for a restarted worker", () => {
  vi.advanceTimersByTime(3 * EVERY_MS);
  watch.forget(2);
  present = [1];
  watch.recordMessage(1);
  vi.advanceTimersByTime(3 * EVERY_MS);
  watch.recordMessage(1);
  present = [1, 2];
  vi.advanceTimersByTime(3 * EVERY_MS);
  expect(silent).toEqual([]);
});
