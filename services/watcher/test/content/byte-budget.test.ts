import { expect, test } from "vitest";
import { createByteBudget } from "../../src/content/byte-budget.ts";

function startWork(limit: number, sizes: readonly number[]) {
  const byteBudget = createByteBudget(limit);
  const started: number[] = [];
  const ends: (() => void)[] = [];
  const running = sizes.map((size) =>
    byteBudget(size, () => {
      started.push(size);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  const end = async (index: number) => {
    ends[index]?.();
    await running[index];
    await Promise.resolve();
  };
  return { started, end };
}

test("starts work in order, as soon as the budget allows it", async () => {
  const { started, end } = startWork(10, [4, 5, 3, 1]);
  await Promise.resolve();
  // The last one would fit, but must not overtake the one before it.
  expect(started).toEqual([4, 5]);
  await end(0);
  expect(started).toEqual([4, 5, 3, 1]);
});

test("runs work that exceeds the limit alone", async () => {
  const { started, end } = startWork(10, [1, 20, 1]);
  await Promise.resolve();
  expect(started).toEqual([1]);
  await end(0);
  expect(started).toEqual([1, 20]);
  await end(1);
  expect(started).toEqual([1, 20, 1]);
});
