import { execFileSync } from "node:child_process";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runHonua } from "../run-honua.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "honua-init-"));
});

const git = (...args: string[]) =>
  execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], {
    cwd: directory,
    encoding: "utf8",
  }).trim();

describe("honua init", () => {
  it("creates a repository that is valid without warnings", async () => {
    const { output, exitCode } = await runHonua(["init", directory], {});
    expect(exitCode).toBe(0);
    expect(output).toContain("environments/staging/datasources.json");
    const checked = await runHonua(["validate", directory, "-o", "json"], {});
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

  it("creates the requested environments and does not overwrite files", async () => {
    const args = ["init", directory, "--no-git", "--environment", "test", "--environment", "live"];
    expect((await runHonua(args, {})).exitCode).toBe(0);
    const checked = await runHonua(["validate", directory], {});
    expect(checked.output).toBe("live: valid\ntest: valid");
    const again = await runHonua(args, {});
    expect(again).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining("already contains"),
    });
    expect((await runHonua(["init", directory, "--environment", "Not_One"], {})).exitCode).toBe(1);
  });

  it("prints next steps that work in the order shown, also without a Git repository", async () => {
    const inner = join(directory, "it's ours");
    const args = ["init", inner, "--no-git", "--environment", "staging"];
    const commandNameIn = () => "honua";
    const { output } = await runHonua(args, {}, { directory, commandNameIn });
    const [, steps = ""] = output.split("Next:\n");
    expect(steps.split("\n").map((line) => line.trim().replace(/ {2,}#.*/, ""))).toEqual([
      `cd 'it'\\''s ours'`,
      "git init --initial-branch main",
      "honua validate",
      'git add --all && git commit -m "Configuration of our GIS services"',
      "honua up --repo . --environment staging",
    ]);
  });
});
