import fc from "fast-check";
import { expect, it } from "vitest";
import { Arena } from "../../src/memory/arena.ts";
import { BufferPool } from "../../src/memory/buffer-pool.ts";

it("returns buffers that do not overlap until they are released", () => {
  const arena = new Arena(new BufferPool());
  const size = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 200_000 }));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 60 }), (sizes) => {
      const buffers = sizes.map((bytes) => arena.acquire(bytes));
      buffers.forEach((buffer, index) => void buffer.fill(index));
      expect(buffers.map(({ length }) => length)).toEqual(sizes);
      buffers.forEach((buffer, index) => {
        expect(buffer.every((byte) => byte === index)).toBe(true);
      });
      arena.release();
    }),
  );
});

it("reuses released memory", () => {
  const arena = new Arena(new BufferPool());
  const { buffer } = arena.acquire(1_000);
  arena.release();
  expect(arena.acquire(2_000).buffer).toBe(buffer);
  arena.release();
});
