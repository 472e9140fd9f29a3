import { expect, it, vi } from "vitest";
import { BufferPool } from "../../src/memory/buffer-pool.ts";
import { Lease } from "../../src/memory/lease.ts";

it("releases the memory after the value was read, also when reading throws", () => {
  const release = vi.fn();
  expect(new Lease("value", { release }).use((value) => value.length)).toBe(5);
  expect(release).toHaveBeenCalledTimes(1);
  const fail = () => {
    throw new Error("unreadable");
  };
  expect(() => new Lease("value", { release }).use(fail)).toThrow("unreadable");
  expect(release).toHaveBeenCalledTimes(2);
});

it("passes the memory on to a derived lease", () => {
  const release = vi.fn();
  const derived = new Lease(Buffer.from("abc"), { release }).map((bytes) => bytes.subarray(1));
  expect([String(derived.value), release.mock.calls.length]).toEqual(["bc", 0]);
  derived.release();
  expect(release).toHaveBeenCalledTimes(1);
});

it("releases the memory of all combined leases", () => {
  const pool = new BufferPool();
  const leases = [pool.acquire(1_000), pool.acquire(50_000)];
  const memory = leases.map(({ value }) => value.buffer);
  const combined = Lease.all(leases);
  expect(combined.value).toEqual(leases.map(({ value }) => value));
  combined.release();
  expect([pool.acquire(1_000), pool.acquire(50_000)].map(({ value }) => value.buffer)).toEqual(
    memory,
  );
});
