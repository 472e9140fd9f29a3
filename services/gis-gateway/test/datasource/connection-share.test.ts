import { expect, it } from "vitest";
import { connectionShare } from "../../src/datasource/connection-share.ts";

it.each([
  [10, 1, 10],
  [10, 2, 5],
  [10, 4, 2],
  [10, 16, 2],
  [1, 4, 1],
])("divides %i connections among %i workers: %i each", (max, workers, share) => {
  expect(connectionShare(max, workers)).toBe(share);
});
