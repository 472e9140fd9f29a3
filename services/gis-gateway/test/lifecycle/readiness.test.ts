import { expect, it } from "vitest";
import { shareConcurrentRuns } from "../../src/lifecycle/readiness.ts";

it("runs a check once for concurrent callers, and again afterwards", async () => {
  let runs = 0;
  const { database } = shareConcurrentRuns({
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
