import { type DeploymentPolicy, RISK_LEVELS } from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, decide, stricterPolicy } from "../src/index.ts";

const policies: fc.Arbitrary<DeploymentPolicy> = fc
  .record({
    requiresApproval: fc.boolean(),
    minimum: fc.option(fc.constantFrom(...RISK_LEVELS), { nil: undefined }),
    allowBreakingChanges: fc.boolean(),
    autoRollback: fc.boolean(),
    approvalTimeoutSeconds: fc.integer({ min: 1, max: 1_000_000 }),
  })
  .map(({ minimum, ...policy }) => ({
    ...policy,
    ...(minimum && { minimumRiskLevelForApproval: minimum }),
  }));
const facts = fc.record({
  riskLevel: fc.constantFrom(...RISK_LEVELS),
  hasBreakingChanges: fc.boolean(),
});

describe("stricterPolicy", () => {
  it("is the floor when the repository has no policy", () => {
    expect(stricterPolicy(DEFAULT_POLICY, undefined)).toEqual(DEFAULT_POLICY);
  });

  it.each([
    [{}, { requiresApproval: true }, { requiresApproval: true }],
    [
      { minimumRiskLevelForApproval: "Critical" },
      { minimumRiskLevelForApproval: "High" },
      { requiresApproval: true, minimumRiskLevelForApproval: "High" },
    ],
    [
      { minimumRiskLevelForApproval: "High" },
      { requiresApproval: true },
      { requiresApproval: true },
    ],
    [
      { minimumRiskLevelForApproval: "Medium" },
      {},
      { requiresApproval: true, minimumRiskLevelForApproval: "Medium" },
    ],
    [{ allowBreakingChanges: false }, {}, { allowBreakingChanges: false }],
    [{}, { autoRollback: false }, { autoRollback: false }],
    [{}, { approvalTimeoutSeconds: 60 }, { approvalTimeoutSeconds: 60 }],
  ] as [Partial<DeploymentPolicy>, Partial<DeploymentPolicy>, Partial<DeploymentPolicy>][])(
    "of the floor %j and the repository %j has %j",
    (floor, repository, expected) => {
      expect(
        stricterPolicy({ ...DEFAULT_POLICY, ...floor }, { ...DEFAULT_POLICY, ...repository }),
      ).toEqual({ ...DEFAULT_POLICY, ...expected });
    },
  );

  it("decides as the two policies together do, so the repository never weakens the floor", () => {
    fc.assert(
      fc.property(policies, policies, facts, (floor, repository, plan) => {
        const merged = decide(plan, { server: stricterPolicy(floor, repository) });
        const both = decide(plan, { server: floor, repository });
        const alone = decide(plan, { server: floor });
        expect(both.requiresApproval).toBe(merged.requiresApproval);
        expect(both.allowed).toBe(merged.allowed);
        if (alone.requiresApproval) expect(both.requiresApproval).toBe(true);
        if (!alone.allowed) expect(both.allowed).toBe(false);
      }),
    );
  });

  it("does not depend on which policy is which", () => {
    fc.assert(
      fc.property(policies, policies, (a, b) => {
        expect(stricterPolicy(a, b)).toEqual(stricterPolicy(b, a));
      }),
    );
  });
});
