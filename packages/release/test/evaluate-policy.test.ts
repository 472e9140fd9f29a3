import type { DeploymentPolicy } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, decide } from "../src/index.ts";
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

describe("decide", () => {
  it("lets everything through by default", () => {
    expect(decide(high, { server: DEFAULT_POLICY })).toEqual({
      requiresApproval: false,
      rule: "server policy: requiresApproval is false",
      allowed: true,
      matched: [],
    });
  });

  it("wants approval always when a policy requires it without a minimum", () => {
    expect(decide(low, { server: policy({ requiresApproval: true }) })).toEqual({
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
    const decision = decide(factsOf({ riskLevel }), { server: DEFAULT_POLICY, repository });
    expect(decision.requiresApproval).toBe(requiresApproval);
    expect(decision.rule).toBe(
      requiresApproval
        ? `repository policy: risk ${riskLevel} reaches minimumRiskLevelForApproval High`
        : "repository policy: risk Medium is below minimumRiskLevelForApproval High",
    );
  });

  it("refuses breaking changes where one policy does not allow them", () => {
    const repository = policy({ allowBreakingChanges: false });
    expect(decide(high, { server: DEFAULT_POLICY, repository })).toMatchObject({
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

  it("wants approval when a rule of either policy holds, and lists every rule that spoke", () => {
    const facts = factsOf({ riskLevel: "High", changes: [change()] });
    const server = policy({ minimumRiskLevelForApproval: "High" });
    const repository = policy({ rules: [datasource, { ...datasource, name: "again" }] });
    const decision = decide(facts, { server, repository });
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
    expect(decide(low, { server, repository }).requiresApproval).toBe(false);
  });

  it("says who must agree, as the stricter of the policies, and only when somebody must", () => {
    const server = policy({ approvals: { required: 2, approvers: ["team:gis-ops"] } });
    const repository = policy({
      requiresApproval: true,
      approvals: { required: 1, approvers: ["user:ana@example.com"], forbidAuthor: true },
    });
    expect(decide(low, { server, repository }).approvals).toEqual({
      required: 2,
      approvers: ["team:gis-ops"],
      furtherApprovers: ["user:ana@example.com"],
      forbidAuthor: true,
    });
    expect(decide(low, { server })).not.toHaveProperty("approvals");
  });
});
