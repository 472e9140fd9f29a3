import { describe, expect, it } from "vitest";
import { cities, compiled, configuration, POLICY, postgres, problemsOf } from "./sample-bundle.ts";

const withPolicy = (text: string) => configuration([cities], [postgres], { [POLICY]: text });
const HEAD = "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n";
const policyOf = (text: string) => compiled(withPolicy(HEAD + text)).release.policy;

describe("the policy file", () => {
  it("gives the policy of the environment", () => {
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

  it("fills in the defaults", () => {
    expect(policyOf("  production: {}\n")).toEqual({
      requiresApproval: false,
      allowBreakingChanges: true,
      autoRollback: true,
      approvalTimeoutSeconds: 86_400,
    });
  });

  it("gives none to an environment that it does not mention", () => {
    const { release } = compiled(withPolicy(`${HEAD}  staging: {}\n`));
    expect(release).not.toHaveProperty("policy");
  });

  it.each([
    ["approvals"],
    ["rules"],
    ["deploymentWindows"],
    ["blackoutPeriods"],
    ["cooldown"],
    ["maxPendingAge"],
  ])("refuses %s, which this version would not enforce", (key) => {
    expect(problemsOf(withPolicy(`${HEAD}  production:\n    ${key}: []\n`))).toMatchObject([
      {
        code: "unsupported-key",
        file: POLICY,
        pointer: `/environments/production/${key}`,
        line: 5,
        column: 5,
      },
    ]);
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

  it("refuses another kind of document and names that are no environment", () => {
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
