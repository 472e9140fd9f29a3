import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { wantsColour } from "../../src/output/colours.ts";
import { githubAnnotation } from "../../src/output/github-annotations.ts";
import { honua } from "../run-honua.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "honua-init-"));
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

describe("honua init", () => {
  it("makes a repository that is valid without a warning", async () => {
    const { output, exitCode } = await honua(["init", directory], {});
    expect(exitCode).toBe(0);
    expect(output).toContain("environments/staging/datasources.json");
    const checked = await honua(["validate", directory, "-o", "json"], {});
    expect(JSON.parse(checked.output)).toEqual(
      ["development", "production", "staging"].map((environment) => ({
        environment,
        ok: true,
        problems: [],
        warnings: [],
      })),
    );
    expect(git("symbolic-ref", "--short", "HEAD")).toBe("main");
    for (const file of [".github/workflows/honua.yml", ".gitlab-ci.yml"]) {
      const text = await readFile(join(directory, file), "utf8");
      expect(() => parse(text)).not.toThrow();
      expect(text).toContain("plan --base");
    }
    expect(await readFile(join(directory, "README.md"), "utf8")).not.toMatch(
      /[A-Z]_ENV|ENVIRONMENT_/,
    );
  });

  it("takes the environments that are named, and overwrites nothing", async () => {
    const args = ["init", directory, "--no-git", "--environment", "test", "--environment", "live"];
    expect((await honua(args, {})).exitCode).toBe(0);
    const checked = await honua(["validate", directory], {});
    expect(checked.output).toBe("live: valid\ntest: valid");
    const again = await honua(args, {});
    expect(again).toMatchObject({ exitCode: 1, output: expect.stringContaining("already has") });
    expect((await honua(["init", directory, "--environment", "Not_One"], {})).exitCode).toBe(1);
  });
});

describe("honua validate", () => {
  beforeEach(async () => {
    await honua(["init", directory], {});
  });

  it("shows each mistake at its line of a pull request", async () => {
    await edit((text) => text.replace('"srid": 4326', '"srid": "4326"'));
    const { output, exitCode } = await honua(["validate", directory, "--format", "github"], {});
    expect(exitCode).toBe(1);
    expect(output).toMatch(
      /^::error file=environments\/production\/metadata\.json,line=16,col=\d+::.*must be a number/m,
    );
  });

  it("names the paths as the repository does, when the configuration is a folder of it", async () => {
    const inner = join(directory, "gis");
    await honua(["init", inner, "--environment", "production"], {});
    await writeFile(join(inner, "environments/production/metadata.json"), "{");
    const { output } = await honua(["validate", inner, "--format", "github"], {});
    expect(output).toContain("::error file=gis/environments/production/metadata.json,line=1");
  });

  it("refuses what the watcher would refuse: links, and what is not text", async () => {
    await symlink("/etc/passwd", join(directory, "environments/production/link.json"));
    await writeFile(join(directory, "environments/production/data.bin"), Buffer.of(0xff, 0xfe));
    const { output, exitCode } = await honua(["validate", directory], {});
    expect(exitCode).toBe(1);
    expect(output).toContain("link.json is a symbolic link");
    expect(output).toContain("data.bin is not text in UTF-8");
  });

  it("knows a mistyped environment, and a folder that is no repository", async () => {
    const mistyped = await honua(["validate", directory, "--environment", "prodction"], {});
    expect(mistyped).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("did you mean 'production'?"),
    });
    const nowhere = await honua(["validate", join(directory, ".git")], {});
    expect(nowhere).toMatchObject({ exitCode: 2, output: expect.stringContaining("honua init") });
  });
});

describe("honua plan against a commit", () => {
  beforeEach(async () => {
    await honua(["init", directory], {});
    commit("first");
  });
  const plan = (...args: string[]) => honua(["plan", directory, "--base", "main", ...args], {});

  it("says that nothing changes, without any service", async () => {
    const { output, exitCode } = await plan("--environment", "production");
    expect(exitCode).toBe(0);
    expect(output).toContain("No changes.");
  });

  it("shows what a working copy changes, and ends with 3 when people must agree", async () => {
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

  it("ends with 4 when the policy of the base refuses, whatever the working copy says of it", async () => {
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

  it("explains which rules of the policy decided and why, and when it may start", async () => {
    const policy = join(directory, ".gitops/deployment-policy.yaml");
    const head = "apiVersion: honua.io/v1\nkind: DeploymentPolicy\nenvironments:\n  production:\n";
    const rule =
      "name: tables, requires: approval, reason: ask the owner of the data, " +
      "condition: \"plan.changes.exists(c, c.type == 'layer')\"";
    const people = 'required: 2, approvers: ["team:gis-ops"], forbidAuthor: true';
    const when =
      '    deploymentWindows: [{ days: [Mon, Tue], start: "09:00", end: "17:00", timezone: Europe/Madrid }]\n' +
      '    blackoutPeriods: [{ name: year end, start: "2026-12-20", end: "2027-01-05", timezone: UTC }]\n' +
      "    cooldown: 10m\n    maxPendingAge: 7d\n";
    const who = `    approvals: { ${people} }\n    rules: [{ ${rule} }]\n`;
    await writeFile(policy, head + who + when);
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

  it("shows risky changes at their files", async () => {
    await edit((text) => text.replace('"public.cities"', '"public.towns"'));
    const { output, exitCode } = await plan("--format", "github");
    expect(exitCode).toBe(3);
    expect(output).toMatch(
      /^::warning file=environments\/production\/metadata\.json::production: layer 'cities' modified/m,
    );
    expect(output).toMatch(/^::notice::production: 1 change, risk High, approval required/m);
  });

  it("tells everything that is wrong instead, with 1", async () => {
    await edit((text) => text.replace('"datasource": "main"', '"datasource": "mian"'));
    const { output, exitCode } = await plan();
    expect(exitCode).toBe(1);
    expect(output).toMatch(/metadata\.json:\d+:\d+ .*mian/);
  });

  it("plans a new environment as new, and knows a base that is not there", async () => {
    await honua(["init", join(directory, "x"), "--no-git", "--environment", "demo"], {});
    execFileSync("cp", [
      "-r",
      join(directory, "x/environments/demo"),
      join(directory, "environments"),
    ]);
    const added = await plan("--environment", "demo");
    expect(added.output).toContain("Commit: (nothing) -> ");
    const missing = await honua(["plan", directory, "--base", "origin/nothing"], {});
    expect(missing).toMatchObject({
      exitCode: 2,
      output: expect.stringContaining("git fetch origin nothing"),
    });
    const option = await honua(["plan", directory, "--base=--output=/tmp/x"], {});
    expect(option.exitCode).toBe(2);
  });
});

describe("an annotation of GitHub Actions", () => {
  it("escapes what would end it, and more in its properties", () => {
    const problem = { file: "a,b:c.json", line: 3, column: 5, message: "100 %\nno, really: no" };
    expect(githubAnnotation("error", problem, "gis/")).toBe(
      "::error file=gis/a%2Cb%3Ac.json,line=3,col=5::100 %25%0Ano, really: no",
    );
  });
});

it("colours are for terminals, unless they are not wanted", () => {
  const terminal = { isTTY: true };
  expect(wantsColour({}, terminal)).toBe(true);
  expect(wantsColour({ CI: "true" }, {})).toBe(false);
  expect(wantsColour({ NO_COLOR: "1", FORCE_COLOR: "1" }, terminal)).toBe(false);
  expect(wantsColour({ TERM: "dumb" }, terminal)).toBe(false);
  expect(wantsColour({ FORCE_COLOR: "1" }, {})).toBe(true);
});
