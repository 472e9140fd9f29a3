import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cities, compiled, configuration, POLICY, postgres, problemsOf } from "./sample-bundle.ts";

const withPolicy = (text: string) => configuration([cities], [postgres], { [POLICY]: text });
const HEAD = "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n";
const policyOf = (text: string) => compiled(withPolicy(HEAD + text)).release.policy;

describe("the policy file", () => {
  it("accepts the example in the documentation", () => {
    const page = new URL("../../../docs/reference/policy.md", import.meta.url);
    const [, example = ""] = /```yaml\n(.*?)```/s.exec(readFileSync(page, "utf8")) ?? [];
    expect(compiled(withPolicy(example)).release.policy).toMatchObject({
      minimumRiskLevelForApproval: "High",
      approvals: { required: 2, forbidRequester: true },
      rules: [{ name: "datasource" }],
      maxPendingAgeSeconds: 604_800,
    });
  });

  it("has the policy of the environment", () => {
    const text = `  production:
    requiresApproval: true   # always
    minimumRiskLevelForApproval: High
    allowBreakingChanges: false
    autoRollback: false
    approvalTimeout: 4h
  staging: { requiresApproval: false }
`;
    expect(policyOf(text)).toEqual({
      requiresApproval: true,
      minimumRiskLevelForApproval: "High",
      allowBreakingChanges: false,
      autoRollback: false,
      approvalTimeoutSeconds: 14_400,
    });
  });

  it("defines when deployments may start", () => {
    const text = `  production:
    deploymentWindows:
      - { days: [Mon, Tue], start: "22:00", end: "02:00", timezone: Europe/Madrid }
      - { start: "00:00", end: "24:00", timezone: UTC }
    blackoutPeriods:
      - { name: year end, start: "2026-12-20", end: "2027-01-05T06:00", timezone: UTC, reason: freeze }
    cooldown: 10m
    maxPendingAge: 7d
`;
    expect(policyOf(text)).toMatchObject({
      deploymentWindows: [
        { days: ["Mon", "Tue"], start: "22:00", end: "02:00", timezone: "Europe/Madrid" },
        { days: expect.arrayContaining(["Mon", "Sun"]), start: "00:00", end: "24:00" },
      ],
      blackoutPeriods: [
        { name: "year end", start: "2026-12-20", end: "2027-01-05T06:00", reason: "freeze" },
      ],
      cooldownSeconds: 600,
      maxPendingAgeSeconds: 604_800,
    });
  });

  it.each([
    ['deploymentWindows: [{ start: "9:00", end: "17:00", timezone: UTC }]', "/0/start"],
    ['deploymentWindows: [{ start: "09:00", end: "09:00", timezone: UTC }]', "/0/end"],
    ['deploymentWindows: [{ start: "24:00", end: "09:00", timezone: UTC }]', "/0/start"],
    ['deploymentWindows: [{ start: "09:00", end: "17:00", timezone: Mars }]', "/0/timezone"],
    ['deploymentWindows: [{ days: [], start: "09:00", end: "17:00", timezone: UTC }]', "/0/days"],
    [
      'blackoutPeriods: [{ name: a, start: "2026-02-30", end: "2026-03-01", timezone: UTC }]',
      "/0/start",
    ],
    [
      'blackoutPeriods: [{ name: a, start: "2026-03-01", end: "2026-03-01", timezone: UTC }]',
      "/0/end",
    ],
  ])("refuses %s", (line, place) => {
    const key = line.split(":", 1)[0];
    expect(problemsOf(withPolicy(`${HEAD}  production:\n    ${line}\n`))).toMatchObject([
      { code: "invalid-value", pointer: `/environments/production/${key}${place}`, line: 5 },
    ]);
  });

  it("fills in the defaults", () => {
    expect(policyOf("  production: {}\n")).toEqual({
      requiresApproval: false,
      allowBreakingChanges: true,
      autoRollback: true,
      approvalTimeoutSeconds: 86_400,
    });
  });

  it("has no policy for an environment that it does not mention", () => {
    const { release } = compiled(withPolicy(`${HEAD}  staging: {}\n`));
    expect(release).not.toHaveProperty("policy");
  });

  it("defines the approvals and the rules", () => {
    const text = `  production:
    approvals: { required: 2, approvers: [team:gis-ops, "user:ana@example.com"], forbidAuthor: true }
    rules:
      - { name: datasource, condition: "plan.changes.exists(c, c.type == 'datasource')", requires: approval }
      - name: night
        condition: commit.committedAt.getHours("Europe/Madrid") >= 22
        requires: approval
        reason: nobody looks
`;
    expect(policyOf(text)).toMatchObject({
      approvals: {
        required: 2,
        approvers: ["team:gis-ops", "user:ana@example.com"],
        forbidAuthor: true,
      },
      rules: [
        { name: "datasource", requires: "approval" },
        { name: "night", reason: "nobody looks" },
      ],
    });
    expect(policyOf("  production: { approvals: { forbidAuthor: true } }\n")).toMatchObject({
      approvals: { required: 1, forbidAuthor: true },
    });
  });

  it.each([
    ["approvals: { required: 0 }", "/approvals/required"],
    ["approvals: { approvers: [] }", "/approvals/approvers"],
    ["approvals: { approvers: [ana@example.com] }", "/approvals/approvers/0"],
    ["rules: [{ name: a, condition: 'true', requires: prayer }]", "/rules/0/requires"],
    [
      "rules: [{ name: a, condition: 'true', requires: approval }, { name: a, condition: 'true', requires: approval }]",
      "/rules/1/name",
    ],
  ])("refuses %s", (line, pointer) => {
    expect(problemsOf(withPolicy(`${HEAD}  production:\n    ${line}\n`))).toMatchObject([
      { code: "invalid-value", pointer: `/environments/production${pointer}`, line: 5 },
    ]);
  });

  const rule = (condition: string) =>
    withPolicy(`${HEAD}  production:
    rules:
      - name: mistaken
        requires: approval
        condition: ${condition}
`);

  it.each([
    ["plan.riskLvel == 'High'", 8, 25, "No such key: riskLvel"],
    ["\"plan.riskLvel == 'High'\"", 8, 26, "No such key: riskLvel"],
    [
      "|\n          environment == 'x'\n          || plan.changes.exist(c, true)\n",
      10,
      27,
      "exist",
    ],
    [">-\n          environment ==\n          planet\n", 10, 11, "Unknown variable: planet"],
    ["environment ==", 8, 34, "EOF"],
    ["size(plan.changes)", 8, 20, "has the result type int instead of bool"],
    ["plan.changes.exists(c, c.id.matches('(a+)+b'))", 8, 48, "calls matches()"],
  ])("refuses the condition %s with its position", (condition, line, column, words) => {
    const [problem, ...others] = problemsOf(rule(condition));
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      code: "invalid-rule",
      file: POLICY,
      pointer: "/environments/production/rules/0/condition",
      line,
      column,
    });
    expect(problem?.message).toMatch(/^"condition" of rule "mistaken" /);
    expect(problem?.message).toContain(words);
  });

  it.each([
    ["    requiresApprova1: true", "unknown-key", "/requiresApprova1", 5],
    ["    requiresApproval: yes", "wrong-type", "/requiresApproval", 23],
    ["    minimumRiskLevelForApproval: high", "invalid-value", "/minimumRiskLevelForApproval", 34],
    ["    approvalTimeout: 4 hours", "invalid-value", "/approvalTimeout", 22],
    ["    approvalTimeout: 4", "wrong-type", "/approvalTimeout", 22],
  ])("refuses %s", (line, code, pointer, column) => {
    expect(problemsOf(withPolicy(`${HEAD}  production:\n${line}\n`))).toMatchObject([
      { code, pointer: `/environments/production${pointer}`, line: 5, column },
    ]);
  });

  it("refuses another kind of document and invalid environment names", () => {
    const text = "apiVersion: v1\nkind: Pod\nenvironments: { No_Name: {} }\n";
    expect(problemsOf(withPolicy(text))).toMatchObject([
      { pointer: "/apiVersion" },
      { pointer: "/kind" },
      { pointer: "/environments/No_Name", line: 3, column: 17 },
    ]);
  });

  it.each([
    ["a: 1\na: 2\n", "Map keys must be unique", 2],
    ["a: [1, 2\n", "Flow sequence", 2],
    ["a: &x 1\nb: *x\n", "aliases are not allowed", 2],
    ["a: 1\n---\nb: 1\n", "multiple documents", 2],
    [`a: ${"[".repeat(70)}${"]".repeat(70)}\n`, "more than 64 levels", 1],
    [`a: ${"[".repeat(20_000)}\n`, "more than 64 levels", 1],
  ])("reports the syntax error %#", (text, words, line) => {
    const [problem] = problemsOf(withPolicy(text));
    expect(problem).toMatchObject({ code: "invalid-yaml", line });
    expect(problem?.message).toMatch(
      /^Invalid YAML in configuration file .* at line \d+, column \d+: /,
    );
    expect(problem?.message).toContain(words);
  });
});
