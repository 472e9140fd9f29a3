import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance } from "../src/index.ts";

/** The distance computed with the full table, by the definition. */
function reference(a: string, b: string): number {
  const table = [...Array(a.length + 1).keys()].map((row) =>
    [...Array(b.length + 1).keys()].map((column) => (row === 0 ? column : row)),
  );
  const at = (row: number, column: number) => table[row]?.[column] ?? 0;
  for (let row = 1; row <= a.length; row += 1) {
    for (let column = 1; column <= b.length; column += 1) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const isSwap =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      (table[row] as number[])[column] = Math.min(
        column === 0 ? row : at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + cost,
        isSwap ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
  }
  return at(a.length, b.length);
}

describe("editDistance", () => {
  it.each([
    ["", "", 0],
    ["srid", "srid", 0],
    ["sird", "srid", 1],
    ["kitten", "sitting", 3],
    ["", "abc", 3],
  ])("between %j and %j is %i", (a, b, distance) => {
    expect(editDistance(a, b, 5)).toBe(distance);
  });

  it("equals the full computation up to the limit, and limit + 1 beyond it", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 12 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 6 }), (a, b, limit) => {
        expect(editDistance(a, b, limit)).toBe(Math.min(reference(a, b), limit + 1));
      }),
      { numRuns: 2_000 },
    );
  });
});
