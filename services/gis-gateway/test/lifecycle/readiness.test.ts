import { expect, it } from "vitest";
import { shareRuns } from "../../src/lifecycle/readiness.ts";

it("runs a check once for callers that ask at the same time, and again afterwards", async () => {
  let runs = 0;
  const { database } = shareRuns({
    database: async () => {
      runs += 1;
      return runs === 1 ? "away" : undefined;
    },
  });
  expect(await Promise.all([database?.(), database?.(), database?.()])).toEqual(
    Array(3).fill("away"),
  );
  expect(runs).toBe(1);
  expect(await database?.()).toBeUndefined();
  expect(runs).toBe(2);
});
