import { TransientError } from "@honua/service-kit";
import { expect, it } from "vitest";
import { needsWholeTable } from "../../src/features/feature-problems.ts";
import type { BoundLayer } from "../../src/layer/bound-layer.ts";

const failure = (message: string) =>
  new TransientError("database-error", "The database refused this query.", {
    cause: new Error(message),
  });
const storedAs = (kind: string) => ({ storage: { kind, srid: 25830 } }) as unknown as BoundLayer;

it("reads the whole table only if a box could not be transformed", () => {
  const unprojected = failure("transform: Invalid coordinate (2049)");
  const boxes = { boxes: [] };
  expect(needsWholeTable(unprojected, storedAs("projected"), boxes)).toBe(true);
  expect(needsWholeTable(unprojected, storedAs("crs84"), { areas: [] })).toBe(true);
  // Repeating the same statement would take as long and fail again.
  const slow = failure("canceling statement due to statement timeout");
  expect(needsWholeTable(slow, storedAs("projected"), boxes)).toBe(false);
  expect(needsWholeTable(unprojected, storedAs("crs84"), boxes)).toBe(false);
  expect(needsWholeTable(unprojected, storedAs("projected"), {})).toBe(false);
});
