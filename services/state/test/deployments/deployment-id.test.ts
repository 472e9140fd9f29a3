import { expect, test } from "vitest";
import { deploymentId } from "../../src/deployments/deployment-id.ts";

test("builds an id from environment, UTC time and commit, with a number from the second attempt on", () => {
  const at = new Date("2026-03-01T23:05:09.876+02:00");
  const commit = "abcdef1234".padEnd(40, "0");
  expect(deploymentId("eu-west", at, commit, 1)).toBe("eu-west-20260301-210509-abcdef1");
  expect(deploymentId("eu-west", at, commit, 2)).toBe("eu-west-20260301-210509-abcdef1-2");
});
