import { expect, test } from "vitest";
import { createRoom } from "../../src/content/byte-budget.ts";

function inRoom(most: number, sizes: readonly number[]) {
  const room = createRoom(most);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = sizes.map((size) =>
    room(size, () => {
      begun.push(size);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  const end = async (index: number) => {
    ends[index]?.();
    await works[index];
    await Promise.resolve();
  };
  return { begun, end };
}

test("work waits, in its order, until what is under way leaves room for it", async () => {
  const { begun, end } = inRoom(10, [4, 5, 3, 1]);
  await Promise.resolve();
  // The last one would fit, and yet does not go before the one that does not.
  expect(begun).toEqual([4, 5]);
  await end(0);
  expect(begun).toEqual([4, 5, 3, 1]);
});

test("what alone needs more than there is goes by itself", async () => {
  const { begun, end } = inRoom(10, [1, 20, 1]);
  await Promise.resolve();
  expect(begun).toEqual([1]);
  await end(0);
  expect(begun).toEqual([1, 20]);
  await end(1);
  expect(begun).toEqual([1, 20, 1]);
});
