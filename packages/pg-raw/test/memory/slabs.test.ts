import { expect, it } from "vitest";
import { createSlabs } from "../../src/memory/buffer-pool.ts";

const LARGE = 100_000;

it("gives memory again that was given back, and no other", () => {
  const slabs = createSlabs();
  const first = slabs.take(LARGE);
  const second = slabs.take(LARGE);
  expect([first.length, second.length]).toEqual([LARGE, LARGE]);
  expect(second.buffer).not.toBe(first.buffer);
  slabs.giveBack(first.subarray(10, 20));
  slabs.giveBack(first);
  const third = slabs.take(LARGE + 1);
  expect(third.buffer).toBe(first.buffer);
  expect(slabs.take(LARGE).buffer).not.toBe(first.buffer);
});

it("leaves alone what it did not give, and what is huge", () => {
  const slabs = createSlabs();
  const strange = Buffer.alloc(LARGE);
  const huge = slabs.take(5_000_000);
  slabs.giveBack(strange);
  slabs.giveBack(huge);
  expect(slabs.take(LARGE).buffer).not.toBe(strange.buffer);
  expect(slabs.take(5_000_000).buffer).not.toBe(huge.buffer);
});

it("keeps a limited amount ready", () => {
  const slabs = createSlabs();
  const taken = Array.from({ length: 200 }, () => slabs.take(LARGE));
  for (const part of taken) slabs.giveBack(part);
  const before = new Set(taken.map(({ buffer }) => buffer));
  const again = Array.from({ length: 200 }, () => slabs.take(LARGE));
  const reused = again.filter(({ buffer }) => before.has(buffer)).length;
  expect(reused).toBe((16 * 1024 * 1024) / 131_072);
});
