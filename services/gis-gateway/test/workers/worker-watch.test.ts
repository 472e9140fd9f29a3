import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createWorkerWatch, type WorkerWatch } from "../../src/workers/worker-watch.ts";

const EVERY_MS = 5_000;

let watch: WorkerWatch;
let silent: number[];
let asked: number[];
let present: number[];

beforeEach(() => {
  vi.useFakeTimers();
  [silent, asked, present] = [[], [], [1, 2]];
  watch = createWorkerWatch({
    numbers: [1, 2],
    ask(worker) {
      if (!present.includes(worker)) return false;
      asked.push(worker);
      return true;
    },
    onSilent: (worker) => silent.push(worker),
  });
});
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

it("leaves workers alone that answer, however late", () => {
  for (let round = 0; round < 20; round += 1) {
    vi.advanceTimersByTime(EVERY_MS);
    if (round % 3 === 2) for (const worker of present) watch.heard(worker);
  }
  expect(asked).toHaveLength(40);
  expect(silent).toEqual([]);
});

it("tells once of one that has left three questions unanswered", () => {
  for (let round = 0; round < 10; round += 1) {
    vi.advanceTimersByTime(EVERY_MS);
    watch.heard(1);
    expect(silent).toEqual(round < 3 ? [] : [2]);
  }
});

it("gives one that has ended, and its replacement, all the time again", () => {
  vi.advanceTimersByTime(3 * EVERY_MS);
  watch.forget(2);
  present = [1];
  watch.heard(1);
  vi.advanceTimersByTime(3 * EVERY_MS);
  watch.heard(1);
  present = [1, 2];
  vi.advanceTimersByTime(3 * EVERY_MS);
  expect(silent).toEqual([]);
});
