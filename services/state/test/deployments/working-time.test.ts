import { expect, test } from "vitest";
import { workingTimeMs } from "../../src/deployments/working-time.ts";

test("excludes waiting for a window and for approval", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 9, 0, second)).toISOString();
  const step = (from: string | null, to: string, second: number) =>
    ({ from, to, at: at(second), actor: "a", message: "" }) as never;
  const history = [
    step(null, "Pending", 0),
    step("Pending", "Validating", 10),
    step("Validating", "AwaitingApproval", 12),
    step("AwaitingApproval", "Applying", 50),
    step("Applying", "Completed", 53),
  ];
  expect(workingTimeMs(history)).toBe(5_000);
});
