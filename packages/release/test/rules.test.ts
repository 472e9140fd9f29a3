import type { PolicyRule } from "@honua/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_POLICY, evaluatePolicy, type PlanFacts, RULE_BUDGET } from "../src/index.ts";
import { change, commit, factsOf } from "./sample-plan.ts";

const ruleOf = (condition: string): PolicyRule => ({
  name: "the rule",
  condition,
  requires: "approval",
});
const decisionOf = (condition: string, facts: PlanFacts) =>
  evaluatePolicy(facts, { server: { ...DEFAULT_POLICY, rules: [ruleOf(condition)] } });
const holds = (condition: string, facts: PlanFacts) => {
  const { matched } = decisionOf(condition, facts);
  expect(matched?.filter(({ failed }) => failed)).toEqual([]);
  return matched?.length === 1;
};
const facts = factsOf({
  riskLevel: "High",
  changes: [change(), change({ action: "added", type: "layer", id: "roads", before: undefined })],
  unavailable: [{ collection: "rivers", url: "/ogc/collections/rivers" }],
});

describe("a rule", () => {
  it.each([
    ["plan.changes.exists(c, c.type == 'datasource')", true],
    ["plan.changes.all(c, c.type == 'datasource')", false],
    ["plan.changes.exists(c, c.type == 'layer' && c.before == null)", true],
    ["plan.changes.exists(c, has(c.after.pool) && c.after.pool.max > c.before.pool.max)", true],
    ["plan.changes.filter(c, c.action == 'added').size() == 1", true],
    ["size(plan.unavailable) > 0 && plan.unavailable[0].collection == 'rivers'", true],
    ["plan.riskLevel in ['High', 'Critical'] && environment == 'production'", true],
    ["plan.fromCommit == null && plan.estimatedDurationSeconds == null", true],
    ["commit.author.email.endsWith('@example.com') && !commit.message.startsWith('fix')", true],
    ["commit.committedAt.getDayOfWeek('Europe/Madrid') == 5", true],
    ["commit.committedAt.getHours() == 8", true],
    ["plan.hasBreakingChanges", false],
  ])("%s: %s", (condition, expected) => {
    expect(holds(condition, facts)).toBe(expected);
  });

  it("that cannot be evaluated requires approval and has the reason", () => {
    const { requiresApproval, matched, rule } = decisionOf(
      "plan.changes[7].type == 'layer'",
      facts,
    );
    expect(requiresApproval).toBe(true);
    expect(matched).toMatchObject([{ rule: "the rule", effect: "approval", failed: true }]);
    expect(rule).toContain("could not be evaluated, so approval is required");
    expect(rule).toContain("index out of bounds");
  });

  it("about the commit requires approval if the commit is not known", () => {
    const { matched } = decisionOf("commit.message == ''", { ...facts, commit: undefined });
    expect(matched).toMatchObject([{ failed: true }]);
  });

  it("of an earlier version that is no longer valid requires approval", () => {
    const { matched } = decisionOf("plan.somethingElse == 1", facts);
    expect(matched).toMatchObject([{ failed: true, reason: expect.stringContaining("CEL") }]);
  });
});

describe("the cost of a rule", () => {
  const many = (count: number) =>
    factsOf({ changes: Array.from({ length: count }, (_, index) => change({ id: `d${index}` })) });

  it("allows a loop over ten thousand changes", () => {
    expect(holds("plan.changes.exists(c, c.type == 'layer')", many(10_000))).toBe(false);
    expect(holds("plan.changes.filter(c, c.id == 'd9999').size() == 1", many(10_000))).toBe(true);
  });

  it.each([
    ["plan.changes.exists(a, plan.changes.exists(b, a.id == b.id && a.type != b.type))"],
    ["plan.changes.exists(a, plan.changes.exists(b, a.id == b.path)) || true"],
    ["plan.changes.exists(a, plan.changes.map(b, b.before).size() == 1 || a.breaking)"],
  ])("that exceeds the budget requires approval: %s", (condition) => {
    const { matched } = decisionOf(condition, many(10_000));
    expect(matched).toMatchObject([
      { failed: true, reason: expect.stringContaining(`more than ${RULE_BUDGET} values`) },
    ]);
    expect(holds(condition.includes("true") ? "true" : "false", many(10))).toBeDefined();
  });

  it("includes the length of strings", () => {
    const long = { ...facts, commit: { ...commit, message: "x".repeat(RULE_BUDGET * 64 + 64) } };
    expect(decisionOf("commit.message.contains('y')", long).matched).toMatchObject([
      { failed: true },
    ]);
  });

  it.each([
    ["regular expressions", "commit.message.matches('(a+)+$')"],
    ["bindings", "cel.bind(x, commit.message, x == '')"],
    ["splitting", "commit.message.split('').size() > 1"],
    ["three loops", "[1].all(a, [1].all(b, [1].all(c, a == b && b == c)))"],
    ["length", `environment == '${"x".repeat(2_000)}'`],
    ["depth", `${"(".repeat(40)}true${")".repeat(40)}`],
    ["size", Array.from({ length: 200 }, () => "true").join(" && ")],
    ["long lists", `1 in [${Array.from({ length: 65 }, (_, index) => index).join(", ")}]`],
  ])("is bounded by refusing %s", (_what, condition) => {
    expect(decisionOf(condition, facts).matched).toMatchObject([
      { failed: true, reason: expect.stringContaining("the condition") },
    ]);
  });

  it("is bounded for any condition", () => {
    const atoms = fc.constantFrom(
      "a.id",
      "plan",
      "commit",
      "1",
      "'x'",
      "null",
      "environment",
      "[]",
    );
    const expressions = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        atoms,
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => `(${a} + ${b})`),
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => `${a} == ${b}`),
        fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => `plan.changes.map(a, [${a}, ${b}])`),
        fc.tuple(tie("tree")).map(([a]) => `dyn(${a}).exists(a, ${a} == a)`),
        fc.string({ maxLength: 12 }),
      ),
    })).tree;
    const judged = many(200);
    fc.assert(
      fc.property(expressions, (condition) => {
        const { requiresApproval, matched = [] } = decisionOf(condition, judged);
        expect(requiresApproval).toBe(matched.length > 0);
      }),
      { numRuns: 300 },
    );
  });
});
