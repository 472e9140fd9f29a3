import fc from "fast-check";
import { expect, it } from "vitest";
import { createArena } from "../../src/memory/arena.ts";

it("gives memory that nobody else has, until it is given back", () => {
  const arena = createArena();
  const size = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 200_000 }));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 60 }), (sizes) => {
      const parts = sizes.map((bytes) => arena.take(bytes));
      parts.forEach((part, index) => void part.fill(index));
      expect(parts.map(({ length }) => length)).toEqual(sizes);
      parts.forEach((part, index) => {
        expect(part.every((byte) => byte === index)).toBe(true);
      });
      arena.giveBack();
    }),
  );
});

it("gives the same memory again", () => {
  const arena = createArena();
  const { buffer } = arena.take(1_000);
  arena.giveBack();
  expect(arena.take(2_000).buffer).toBe(buffer);
  arena.giveBack();
});
