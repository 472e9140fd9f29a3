import { expect, it } from "vitest";
import { BufferPool } from "../../src/memory/buffer-pool.ts";
import { MemoryBudgetError } from "../../src/memory/large-buffers.ts";

const MB = 1024 * 1024;
const LARGE = 100_000;
const HUGE = 5 * MB;

it("reuses released memory, and no other", () => {
  const pool = new BufferPool();
  const first = pool.acquire(LARGE);
  const second = pool.acquire(LARGE);
  expect([first.value.length, second.value.length]).toEqual([LARGE, LARGE]);
  expect(second.value.buffer).not.toBe(first.value.buffer);
  first.release();
  expect(pool.acquire(LARGE + 1).value.buffer).toBe(first.value.buffer);
  expect(pool.acquire(LARGE).value.buffer).not.toBe(first.value.buffer);
});

it("ignores a second release", () => {
  const pool = new BufferPool();
  const released = pool.acquire(LARGE);
  released.release();
  const reused = pool.acquire(LARGE);
  released.release();
  expect(pool.acquire(LARGE).value.buffer).not.toBe(reused.value.buffer);
});

it("keeps a limited amount of idle memory", () => {
  const pool = new BufferPool();
  const leases = Array.from({ length: 200 }, () => pool.acquire(LARGE));
  for (const lease of leases) lease.release();
  const before = new Set(leases.map(({ value }) => value.buffer));
  const again = Array.from({ length: 200 }, () => pool.acquire(LARGE));
  const reused = again.filter(({ value }) => before.has(value.buffer)).length;
  expect(reused).toBe((16 * MB) / 131_072);
});

it("does not reuse huge buffers, but limits their bytes in use", () => {
  const pool = new BufferPool({ maxLargeBytes: 2 * HUGE });
  const huge = pool.acquire(HUGE);
  pool.acquire(HUGE);
  expect(() => pool.acquire(HUGE)).toThrow(MemoryBudgetError);
  huge.release();
  huge.release();
  expect(pool.acquire(HUGE).value.buffer).not.toBe(huge.value.buffer);
  expect(() => pool.acquire(HUGE)).toThrow(MemoryBudgetError);
});
