import type { DeploymentPolicy } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, evaluatePolicy } from "../src/index.ts";
import { change, factsOf } from "./sample-plan.ts";

const policy = (changes: Partial<DeploymentPolicy>): DeploymentPolicy => ({
  ...DEFAULT_POLICY,
  ...changes,
});
const low = factsOf();
const high = factsOf({ riskLevel: "High", hasBreakingChanges: true });
const datasource = {
  name: "datasource",
  condition: "plan.changes.exists(c, c.type == 'datasource')",
  requires: "approval" as const,
  reason: "connections change",
};

describe("evaluatePolicy", () => {
  it("allows everything without approval by default", () => {
    expect(evaluatePolicy(high, { server: DEFAULT_POLICY })).toEqual({
      requiresApproval: false,
      rule: "server policy: requiresApproval is false",
      allowed: true,
      matched: [],
    });
  });

  it("requires approval at any risk if a policy has no minimum risk", () => {
    expect(evaluatePolicy(low, { server: policy({ requiresApproval: true }) })).toEqual({
      requiresApproval: true,
      rule: "server policy: requiresApproval is true",
      allowed: true,
      matched: [
        {
          policy: "server",
          rule: "requiresApproval",
          effect: "approval",
          reason: "requiresApproval is true",
        },
      ],
      approvals: { required: 1 },
    });
  });

  it.each([
    ["Medium", false],
    ["High", true],
    ["Critical", true],
  ] as const)("from the minimum High up: %s is %s", (riskLevel, requiresApproval) => {
    const repository = policy({ requiresApproval: true, minimumRiskLevelForApproval: "High" });
    const decision = evaluatePolicy(factsOf({ riskLevel }), { server: DEFAULT_POLICY, repository });
    expect(decision.requiresApproval).toBe(requiresApproval);
    expect(decision.rule).toBe(
      requiresApproval
        ? `repository policy: risk ${riskLevel} reaches minimumRiskLevelForApproval High`
        : "repository policy: risk Medium is below minimumRiskLevelForApproval High",
    );
  });

  it("refuses breaking changes if one policy does not allow them", () => {
    const repository = policy({ allowBreakingChanges: false });
    expect(evaluatePolicy(high, { server: DEFAULT_POLICY, repository })).toMatchObject({
      requiresApproval: false,
      rule: "repository policy: allowBreakingChanges is false and the plan has breaking changes",
      allowed: false,
    });
    expect(evaluatePolicy(low, { server: DEFAULT_POLICY, repository }).allowed).toBe(true);
  });

  it("lists every matching threshold", () => {
    const server = policy({ minimumRiskLevelForApproval: "High" });
    const repository = policy({ requiresApproval: true });
    expect(evaluatePolicy(high, { server, repository }).rule).toBe(
      "server policy: risk High reaches minimumRiskLevelForApproval High; repository policy: requiresApproval is true",
    );
  });

  it("requires approval if a rule of either policy matches, and lists all matches", () => {
    const facts = factsOf({ riskLevel: "High", changes: [change()] });
    const server = policy({ minimumRiskLevelForApproval: "High" });
    const repository = policy({ rules: [datasource, { ...datasource, name: "again" }] });
    const decision = evaluatePolicy(facts, { server, repository });
    expect(decision).toMatchObject({
      requiresApproval: true,
      allowed: true,
      matched: [
        { policy: "server", rule: "minimumRiskLevelForApproval", effect: "approval" },
        {
          policy: "repository",
          rule: "datasource",
          reason: expect.stringContaining("connections"),
        },
        { policy: "repository", rule: "again" },
      ],
    });
    expect(decision.rule).toContain("repository policy: rule 'datasource' (connections change)");
    expect(evaluatePolicy(low, { server, repository }).requiresApproval).toBe(false);
  });

  it("has the stricter approval requirements, and only if approval is required", () => {
    const server = policy({ approvals: { required: 2, approvers: ["team:gis-ops"] } });
    const repository = policy({
      requiresApproval: true,
      approvals: { required: 1, approvers: ["user:ana@example.com"], forbidAuthor: true },
    });
    expect(evaluatePolicy(low, { server, repository }).approvals).toEqual({
      required: 2,
      approvers: ["team:gis-ops"],
      furtherApprovers: ["user:ana@example.com"],
      forbidAuthor: true,
    });
    expect(evaluatePolicy(low, { server })).not.toHaveProperty("approvals");
  });
});
