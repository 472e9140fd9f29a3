import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findUnitTests } from "../../scripts/unit-tests.ts";

const unitTests = findUnitTests(fileURLToPath(new URL("../../", import.meta.url)));

it("counts a test without programs as a unit test", () => {
  expect(unitTests).toContain("packages/release/test/plan-release.test.ts");
});

it("does not count a test that reaches PostgreSQL through its support files", () => {
  expect(unitTests).not.toContain("services/state/test/deployments/transition-deployment.test.ts");
});

it("does not count a test that starts a program itself", () => {
  expect(unitTests).not.toContain("services/watcher/test/git.test.ts");
});
