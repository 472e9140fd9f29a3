import {
  type ApprovalRequirement,
  type DeploymentPolicy,
  type PolicyRule,
  RISK_LEVELS,
  WEEKDAYS,
} from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  approvalThreshold,
  closureAt,
  compareRisk,
  DEFAULT_POLICY,
  evaluatePolicy,
  stricterPolicy,
} from "../src/index.ts";
import { factsOf } from "./sample-plan.ts";

const APPROVERS = ["team:gis-ops", "team:db", "user:ana@example.com", "user:bo@example.com"];
const CONDITIONS = ["plan.hasBreakingChanges", "plan.riskLevel == 'High'", "commit.message == ''"];
const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });
const windows = fc.array(
  fc.record({
    days: fc.subarray([...WEEKDAYS], { minLength: 1 }),
    start: fc.constantFrom("00:00", "09:00", "22:00"),
    end: fc.constantFrom("06:00", "17:00", "24:00"),
    timezone: fc.constantFrom("UTC", "Europe/Madrid", "America/New_York"),
  }),
  { minLength: 1, maxLength: 2 },
);
const blackouts = fc.array(
  fc.record({
    name: fc.constantFrom("freeze", "audit"),
    start: fc.constantFrom("2026-03-01", "2026-06-01T12:00"),
    end: fc.constantFrom("2026-07-01", "2026-12-31"),
    timezone: fc.constantFrom("UTC", "Asia/Kathmandu"),
  }),
  { maxLength: 2 },
);
const approvals: fc.Arbitrary<ApprovalRequirement> = fc
  .record({
    required: fc.integer({ min: 1, max: 5 }),
    approvers: optional(fc.subarray(APPROVERS, { minLength: 1 })),
    forbidAuthor: optional(fc.boolean()),
    forbidCommitter: optional(fc.boolean()),
    forbidRequester: optional(fc.boolean()),
    reasonRequired: optional(fc.boolean()),
  })
  .map(present);
const rules: fc.Arbitrary<PolicyRule[]> = fc
  .subarray(CONDITIONS)
  .map((conditions) =>
    conditions.map((condition) => ({ name: condition, condition, requires: "approval" })),
  );
/** Everything that a policy can say. */
const policies: fc.Arbitrary<DeploymentPolicy> = fc
  .record({
    requiresApproval: fc.boolean(),
    minimumRiskLevelForApproval: optional(fc.constantFrom(...RISK_LEVELS)),
    allowBreakingChanges: fc.boolean(),
    autoRollback: fc.boolean(),
    approvalTimeoutSeconds: fc.integer({ min: 1, max: 1_000_000 }),
    approvals: optional(approvals),
    rules: optional(rules),
    deploymentWindows: optional(windows),
    blackoutPeriods: optional(blackouts),
    cooldownSeconds: optional(fc.integer({ min: 1, max: 10_000 })),
    maxPendingAgeSeconds: optional(fc.integer({ min: 1, max: 1_000_000 })),
  })
  .map(present);
const facts = fc
  .record({ riskLevel: fc.constantFrom(...RISK_LEVELS), hasBreakingChanges: fc.boolean() })
  .map(factsOf);

function present<Value extends object>(value: Value) {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]: NonNullable<Value[Key]> };
}

/** True if a subject may approve according to the lists of a requirement. */
const isListed = (who: string, { approvers, furtherApprovers }: ApprovalRequirement) =>
  [approvers, furtherApprovers].every((list) => list === undefined || list.includes(who));

describe("stricterPolicy", () => {
  it("is the policy of the server if the repository has none", () => {
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

  it("decides like both policies together, so that the repository never weakens the server", () => {
    fc.assert(
      fc.property(policies, policies, facts, (floor, repository, plan) => {
        const merged = evaluatePolicy(plan, { server: stricterPolicy(floor, repository) });
        const both = evaluatePolicy(plan, { server: floor, repository });
        const alone = evaluatePolicy(plan, { server: floor });
        expect(both.requiresApproval).toBe(merged.requiresApproval);
        expect(both.approvals).toEqual(merged.approvals);
        expect(both.allowed).toBe(merged.allowed);
        if (alone.requiresApproval) expect(both.requiresApproval).toBe(true);
        if (!alone.allowed) expect(both.allowed).toBe(false);
      }),
    );
  });

  it("is never weaker than either policy, in any field", () => {
    fc.assert(
      fc.property(policies, policies, (floor, repository) => {
        const merged = stricterPolicy(floor, repository);
        for (const one of [floor, repository]) {
          const threshold = approvalThreshold(one);
          const own = approvalThreshold(merged);
          if (threshold) expect(own && compareRisk(own, threshold) <= 0).toBe(true);
          expect(Number(merged.allowBreakingChanges)).toBeLessThanOrEqual(
            Number(one.allowBreakingChanges),
          );
          expect(Number(merged.autoRollback)).toBeLessThanOrEqual(Number(one.autoRollback));
          expect(merged.approvalTimeoutSeconds).toBeLessThanOrEqual(one.approvalTimeoutSeconds);
          expect(merged.rules ?? []).toEqual(expect.arrayContaining(one.rules ?? []));
          expect(merged.cooldownSeconds ?? 0).toBeGreaterThanOrEqual(one.cooldownSeconds ?? 0);
          expect(merged.maxPendingAgeSeconds ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
            one.maxPendingAgeSeconds ?? Number.POSITIVE_INFINITY,
          );
          expectApprovalsAsStrict(merged.approvals, one.approvals);
        }
        const known = new Set([...Object.keys(floor), ...Object.keys(repository)]);
        expect([...known].filter((key) => !(key in merged) && !MAY_VANISH.has(key))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("allows a start only when both policies allow it", () => {
    const instants = fc
      .integer({ min: 0, max: 366 * 24 * 60 })
      .map((minutes) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000));
    fc.assert(
      fc.property(policies, policies, instants, (floor, repository, instant) => {
        const either = closureAt(floor, instant) ?? closureAt(repository, instant);
        const merged = closureAt(stricterPolicy(floor, repository), instant);
        expect(merged === undefined).toBe(either === undefined);
      }),
      { numRuns: 500 },
    );
  });
});

/** `Low` and always are the same; no rules and no blackouts say nothing. */
const MAY_VANISH = new Set(["minimumRiskLevelForApproval", "rules", "blackoutPeriods"]);

function expectApprovalsAsStrict(
  merged: ApprovalRequirement | undefined,
  one: ApprovalRequirement | undefined,
) {
  if (!one) return;
  if (!merged) throw new Error("approvals were lost");
  expect(merged.required).toBeGreaterThanOrEqual(one.required);
  for (const key of [
    "forbidAuthor",
    "forbidCommitter",
    "forbidRequester",
    "reasonRequired",
  ] as const) {
    if (one[key]) expect(merged[key]).toBe(true);
  }
  for (const who of [...APPROVERS, "user:eve@example.com"]) {
    if (isListed(who, merged)) expect(isListed(who, one)).toBe(true);
  }
}
