import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { runHonua } from "../run-honua.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "honua-plan-"));
});

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], {
    cwd: directory,
    encoding: "utf8",
  }).trim();
const commit = (message: string) => {
  git("add", "--all");
  git("commit", "--quiet", "--message", message);
};
const metadata = () => join(directory, "environments/production/metadata.json");
const edit = async (change: (text: string) => string) =>
  writeFile(metadata(), change(await readFile(metadata(), "utf8")));

describe("honua plan against a commit", () => {
  beforeEach(async () => {
    await runHonua(["init", directory], {});
    commit("first");
  });
  const plan = (...args: string[]) => runHonua(["plan", directory, "--base", "main", ...args], {});

  it("reports that nothing changes, without any service", async () => {
    const { output, exitCode } = await plan("--environment", "production");
    expect(exitCode).toBe(0);
    expect(output).toContain("No changes.");
  });

  it("shows the changes of a working copy and exits with 3 if approval is needed", async () => {
    await edit((text) => text.replace('"public.cities"', '"public.towns"'));
    const { output, exitCode } = await plan("--environment", "production");
    expect(exitCode).toBe(3);
    expect(output).toContain("Layer: cities (updated table)");
    expect(output).toContain("Risk Level: High");
    expect(output).toMatch(/Approval: required/);
    const staging = await plan("--environment", "staging");
    expect(staging).toMatchObject({ exitCode: 0, output: expect.stringContaining("No changes.") });
    const json = await plan("-o", "json");
    expect(json.exitCode).toBe(3);
    const plans = JSON.parse(json.output) as { environment: string; changes: object[] }[];
    expect(plans.map(({ environment, changes }) => [environment, changes.length])).toEqual([
      ["development", 0],
      ["production", 1],
      ["staging", 0],
    ]);
  });

  it("exits with 4 if the policy of the base refuses, even if the working copy changes it", async () => {
    const policy = join(directory, ".gitops/deployment-policy.yaml");
    const head = "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n  production:\n";
    await writeFile(policy, `${head}    allowBreakingChanges: false\n`);
    commit("stricter");
    await writeFile(policy, `${head}    allowBreakingChanges: true\n`);
    await edit((text) => text.replace('"id": "cities"', '"id": "towns"'));
    const { output, exitCode } = await plan("--environment", "production");
    expect(exitCode).toBe(4);
    expect(output).toMatch(/Refused: /);
    expect(output).toContain("/ogc/collections/cities");
  });

  it("explains the matched rules of the policy and when the deployment may start", async () => {
    const policy = join(directory, ".gitops/deployment-policy.yaml");
    const head = "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n  production:\n";
    const rule =
      "name: tables, requires: approval, reason: ask the owner of the data, " +
      "condition: \"plan.changes.exists(c, c.type == 'layer')\"";
    const approvals = 'required: 2, approvers: ["team:gis-ops"], forbidAuthor: true';
    const startRules =
      '    deploymentWindows: [{ days: [Mon, Tue], start: "09:00", end: "17:00", timezone: Europe/Madrid }]\n' +
      '    blackoutPeriods: [{ name: year end, start: "2026-12-20", end: "2027-01-05", timezone: UTC }]\n' +
      "    cooldown: 10m\n    maxPendingAge: 7d\n";
    const approvalRules = `    approvals: { ${approvals} }\n    rules: [{ ${rule} }]\n`;
    await writeFile(policy, head + approvalRules + startRules);
    commit("rules");
    await edit((text) => text.replace('"title": "Cities"', '"title": "Towns"'));
    const { output, exitCode } = await plan("--environment", "production");
    expect(exitCode).toBe(3);
    expect(output).toContain("Risk Level: Low");
    expect(output).toContain(
      "Approval: required from 2 approvers from team:gis-ops, excluding the author (repository policy: rule 'tables' (ask the owner of the data))",
    );
    expect(output).toContain(
      "May start: Mon, Tue from 09:00 to 17:00 (Europe/Madrid); " +
        "not in the blackout 'year end', from 2026-12-20 to 2027-01-05 (UTC); " +
        "10 minutes after the previous deployment; expires after waiting for 7 days",
    );
    const json = await plan("--environment", "production", "-o", "json");
    expect(JSON.parse(json.output)[0].decision.matched).toEqual([
      expect.objectContaining({ policy: "repository", rule: "tables", effect: "approval" }),
    ]);
  });

  it("annotates risky changes at their files", async () => {
    await edit((text) => text.replace('"public.cities"', '"public.towns"'));
    const { output, exitCode } = await plan("--format", "github");
    expect(exitCode).toBe(3);
    expect(output).toMatch(
      /^::warning file=environments\/production\/metadata\.json::production: layer 'cities' modified/m,
    );
    expect(output).toMatch(/^::notice::production: 1 change, risk High, approval required/m);
  });

  it("lists the problems of an invalid configuration and exits with 1", async () => {
    await edit((text) => text.replace('"datasource": "main"', '"datasource": "mian"'));
    const { output, exitCode } = await plan();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/metadata\.json:\d+:\d+ .*mian/);
  });

  it("plans a new environment, and explains how to fetch a missing base", async () => {
    await runHonua(["init", join(directory, "x"), "--no-git", "--environment", "demo"], {});
    execFileSync("cp", [
      "-r",
      join(directory, "x/environments/demo"),
      join(directory, "environments"),
    ]);
    const added = await plan("--environment", "demo");
    expect(added.output).toContain("Commit: (nothing) -> ");
    const missing = await runHonua(["plan", directory, "--base", "origin/nothing"], {});
    expect(missing).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("git fetch origin nothing"),
    });
    const option = await runHonua(["plan", directory, "--base=--output=/tmp/x"], {});
    expect(option.exitCode).toBe(2);
  });
});
