import { eventually } from "@honua/testing/eventually";
import pLimit from "p-limit";
import { expect, it } from "vitest";
import { createDrainScheduler } from "../../src/bus/drain-scheduler.ts";

/** A scheduler whose only limiter slot is occupied until `releaseSlot` is called. */
async function schedulerWithoutSlot() {
  const limit = pLimit(1);
  const occupied = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  void limit(() => {
    started.resolve();
    return occupied.promise;
  });
  await started.promise;
  let count = 0;
  const scheduler = createDrainScheduler({
    limit,
    drainLane: async () => {
      count += 1;
      return undefined;
    },
  });
  return { scheduler, count: () => count, releaseSlot: () => occupied.resolve(), limit };
}

it("drains when a slot becomes free", async () => {
  const { scheduler, count, releaseSlot } = await schedulerWithoutSlot();
  scheduler.wake();
  expect(count()).toBe(0);
  releaseSlot();
  await eventually("the run", () => count() === 1);
  await scheduler.stop();
});

it("does not drain if another process started while it waited for a slot, but checks later", async () => {
  const { scheduler, count, releaseSlot, limit } = await schedulerWithoutSlot();
  scheduler.wake();
  scheduler.standBy(200);
  releaseSlot();
  await limit(async () => undefined);
  expect(count()).toBe(0);
  await eventually("the check", () => count() === 1);
  await scheduler.stop();
});

it("drains again if it is woken after another process started", async () => {
  const { scheduler, count, releaseSlot } = await schedulerWithoutSlot();
  scheduler.wake();
  scheduler.standBy(60_000);
  scheduler.wake();
  releaseSlot();
  await eventually("the run", () => count() === 1);
  await scheduler.stop();
});
