import type { DeploymentPolicy } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, decide } from "../src/index.ts";

const policy = (changes: Partial<DeploymentPolicy>): DeploymentPolicy => ({
  ...DEFAULT_POLICY,
  ...changes,
});
const low = { riskLevel: "Low", hasBreakingChanges: false } as const;
const high = { riskLevel: "High", hasBreakingChanges: true } as const;

describe("decide", () => {
  it("lets everything through by default", () => {
    expect(decide(high, { server: DEFAULT_POLICY })).toEqual({
      requiresApproval: false,
      rule: "server policy: requiresApproval is false",
      allowed: true,
    });
  });

  it("wants approval always when a policy requires it without a minimum", () => {
    expect(decide(low, { server: policy({ requiresApproval: true }) })).toEqual({
      requiresApproval: true,
      rule: "server policy: requiresApproval is true",
      allowed: true,
    });
  });

  it.each([
    ["Medium", false],
    ["High", true],
    ["Critical", true],
  ] as const)("from the minimum High up: %s is %s", (riskLevel, requiresApproval) => {
    const repository = policy({ requiresApproval: true, minimumRiskLevelForApproval: "High" });
    const decision = decide(
      { riskLevel, hasBreakingChanges: false },
      { server: DEFAULT_POLICY, repository },
    );
    expect(decision.requiresApproval).toBe(requiresApproval);
    expect(decision.rule).toBe(
      requiresApproval
        ? `repository policy: risk ${riskLevel} reaches minimumRiskLevelForApproval High`
        : "repository policy: risk Medium is below minimumRiskLevelForApproval High",
    );
  });

  it("refuses breaking changes where one policy does not allow them", () => {
    const repository = policy({ allowBreakingChanges: false });
    expect(decide(high, { server: DEFAULT_POLICY, repository })).toEqual({
      requiresApproval: false,
      rule: "repository policy: allowBreakingChanges is false and the plan breaks clients",
      allowed: false,
    });
    expect(decide(low, { server: DEFAULT_POLICY, repository }).allowed).toBe(true);
  });

  it("names every rule that speaks", () => {
    const server = policy({ minimumRiskLevelForApproval: "High" });
    const repository = policy({ requiresApproval: true });
    expect(decide(high, { server, repository }).rule).toBe(
      "server policy: risk High reaches minimumRiskLevelForApproval High; repository policy: requiresApproval is true",
    );
  });
});
