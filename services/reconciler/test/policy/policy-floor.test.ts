import { compileBundle, environmentPolicySource } from "@honua/release";
import { readConfiguration } from "@honua/service-kit";
import { describe, expect, it } from "vitest";
import { policyFloor } from "../../src/policy/policy-floor.ts";
import { reconcilerSettings } from "../../src/settings.ts";

const floorOf = (variables: Record<string, string>, environment = "production") =>
  policyFloor(readConfiguration(reconcilerSettings, variables).GitOps, environment);
const P = "GitOps__DeploymentPolicy__";

/** A policy with every key; the first test fails if a key is missing here. */
const EVERYTHING = {
  requiresApproval: true,
  minimumRiskLevelForApproval: "High",
  allowBreakingChanges: false,
  autoRollback: false,
  approvalTimeout: "4h",
  approvals: {
    required: 2,
    approvers: ["team:gis-ops", "user:ana@example.com"],
    forbidAuthor: true,
    forbidCommitter: true,
    forbidRequester: true,
    reasonRequired: true,
  },
  rules: [
    {
      name: "datasource",
      condition: "plan.changes.exists(c, c.type == 'datasource')",
      requires: "approval",
      reason: "connections change",
    },
  ],
  deploymentWindows: [
    { days: ["Mon", "Tue"], start: "22:00", end: "02:00", timezone: "Europe/Madrid" },
  ],
  blackoutPeriods: [
    { name: "year end", start: "2026-12-20", end: "2027-01-05", timezone: "UTC", reason: "freeze" },
  ],
  cooldown: "10m",
  maxPendingAge: "7d",
};

/** The same policy as environment variables. */
function variablesOf(value: unknown, prefix: string): [string, string][] {
  if (typeof value !== "object" || value === null) return [[prefix, String(value)]];
  return Object.entries(value).flatMap(([key, item]) =>
    variablesOf(item, `${prefix}__${key.charAt(0).toUpperCase()}${key.slice(1)}`),
  );
}

function repositoryPolicy() {
  const policy = {
    apiVersion: "honua.io/v1",
    kind: "DeploymentPolicy",
    environments: { production: EVERYTHING },
  };
  const files = [
    { path: ".gitops/deployment-policy.yaml", content: JSON.stringify(policy) },
    { path: "environments/production/metadata.json", content: '{"services":[]}' },
  ];
  const compiled = compileBundle({ environment: "production", files });
  if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join("\n"));
  return compiled.release.policy;
}

describe("the server's policy floor", () => {
  it("accepts every key of a repository policy with the same meaning", () => {
    expect(Object.keys(EVERYTHING).sort()).toEqual(
      Object.keys(environmentPolicySource.shape).sort(),
    );
    const variables = variablesOf(EVERYTHING, "GitOps__DeploymentPolicy");
    expect(floorOf(Object.fromEntries(variables))).toEqual(repositoryPolicy());
  });

  it("applies the defaults", () => {
    expect(floorOf({})).toEqual({
      requiresApproval: false,
      allowBreakingChanges: true,
      autoRollback: true,
      approvalTimeoutSeconds: 86_400,
    });
  });

  it("accepts durations in seconds and comma-separated lists", () => {
    const floor = floorOf({
      [`${P}ApprovalTimeoutSeconds`]: "90",
      [`${P}DeploymentWindows__0__Days`]: "Sat, Sun",
      [`${P}DeploymentWindows__0__Start`]: "00:00",
      [`${P}DeploymentWindows__0__End`]: "24:00",
      [`${P}DeploymentWindows__0__Timezone`]: "UTC",
    });
    expect(floor).toMatchObject({
      approvalTimeoutSeconds: 90,
      deploymentWindows: [{ days: ["Sat", "Sun"] }],
    });
  });

  it("overrides the common policy with the environment's policy, key by key", () => {
    const variables = {
      [`${P}RequiresApproval`]: "true",
      [`${P}Cooldown`]: "1h",
      GitOps__DeploymentPolicies__staging__RequiresApproval: "False",
    };
    expect(floorOf(variables)).toMatchObject({ requiresApproval: true, cooldownSeconds: 3_600 });
    expect(floorOf(variables, "staging")).toMatchObject({
      requiresApproval: false,
      cooldownSeconds: 3_600,
    });
  });

  it.each([
    [`${P}Approvals__Required`, "none", "GitOps:DeploymentPolicy:Approvals:Required"],
    [`${P}Cooldown`, "soon", "must be a duration"],
    [`${P}RequiresAproval`, "true", "requiresAproval"],
    [`${P}AutoRollback`, "perhaps", "GitOps:DeploymentPolicy:AutoRollback"],
    ["GitOps__DeploymentPolicies__staging__MaxPendingAge", "7", "staging:MaxPendingAge"],
  ])("with %s=%s stops the process with the key", (variable, value, words) => {
    expect(() => floorOf({ [variable]: value })).toThrow(words);
  });

  it("rejects an invalid rule with its position at startup", () => {
    const rule = `${P}Rules__0__`;
    expect(() =>
      floorOf({
        [`${rule}Name`]: "mistaken",
        [`${rule}Condition`]: "plan.riskLvel == 'High'",
        [`${rule}Requires`]: "approval",
      }),
    ).toThrow(/GitOps:DeploymentPolicy:Rules:0:Condition: .*No such key: riskLvel/);
  });
});
