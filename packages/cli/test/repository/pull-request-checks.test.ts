import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLI, NODE } from "@honua/testing/system-under-test";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readShellBlocks } from "../../../../test/e2e/shell-blocks.ts";

const GUIDE = fileURLToPath(new URL("../../../../docs/how-to/pull-requests.md", import.meta.url));
const WORKFLOWS = [".github/workflows/honua.yml", ".gitlab-ci.yml"];
const METADATA = "environments/production/metadata.json";

let bin: string;
let repository: string;
beforeAll(async () => {
  bin = await mkdtemp(join(tmpdir(), "honua-bin-"));
  const honua = `exec "${NODE}" "${CLI}" "$@"\n`;
  await writeFile(join(bin, "honua"), `#!/bin/sh\n${honua}`, { mode: 0o755 });
  // Replaces docker: runs the command after the name of the image.
  const docker = `#!/bin/sh\nwhile [ "$1" != honua ]; do shift; done\nshift\n${honua}`;
  await writeFile(join(bin, "docker"), docker, { mode: 0o755 });
});

beforeEach(async () => {
  repository = await mkdtemp(join(tmpdir(), "honua-pull-request-"));
  await run("honua init . --environment production");
  commit("first");
});

function commit(message: string): void {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: repository });
  git("add", "--all");
  const ana = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"];
  git(...ana, "commit", "--quiet", "--message", message);
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(repository, file), "utf8");
  expect(text).toContain(from);
  await writeFile(join(repository, file), text.replace(from, to));
}

/** Runs commands as a pipeline does: the first failure ends the script. */
function run(script: string, variables: Record<string, string> = {}) {
  const own = { HOME: repository, PATH: `${bin}:${process.env.PATH}` };
  const env = { ...variables, ...own, NODE_COMPILE_CACHE: join(bin, "compiled") };
  return new Promise<{ code: number; output: string }>((resolve) => {
    const options = { cwd: repository, env };
    execFile("bash", ["-eo", "pipefail", "-c", `exec 2>&1\n${script}`], options, (error, output) =>
      resolve({ code: error ? Number(error.code) : 0, output }),
    );
  });
}

interface GithubWorkflow {
  jobs: { check: { steps: { run?: string }[] } };
}

async function runGithubWorkflow() {
  const { jobs } = parse(
    await readFile(join(repository, ".github/workflows/honua.yml"), "utf8"),
  ) as GithubWorkflow;
  const steps = jobs.check.steps.flatMap((step) => step.run ?? []);
  const summary = join(repository, "summary.md");
  await writeFile(summary, "");
  const variables = { BASE: "main", HONUA_IMAGE: "gis/honua:1", GITHUB_STEP_SUMMARY: summary };
  const result = await run(steps.join("\n"), variables);
  return { ...result, summary: await readFile(summary, "utf8") };
}

async function runGitlabPipeline() {
  const { honua } = parse(await readFile(join(repository, ".gitlab-ci.yml"), "utf8")) as {
    honua: { script: string[] };
  };
  const variables = { HONUA: join(bin, "honua"), CI_MERGE_REQUEST_DIFF_BASE_SHA: "main" };
  return run(honua.script.join("\n"), variables);
}

/** Each test starts the command several times. */
const SLOW = { timeout: 120_000 };

describe("the checks of a pull request", SLOW, () => {
  it("succeed for a valid configuration and annotate risky changes at their file", async () => {
    await edit(METADATA, '"public.cities"', '"public.towns"');
    const github = await runGithubWorkflow();
    expect(github).toMatchObject({ code: 0 });
    expect(github.output).toMatch(
      /^::warning file=environments\/production\/metadata\.json::.*public\.towns/m,
    );
    expect(github.output).toMatch(/^::notice::production: 1 change, risk High, approval required/m);
    expect(github.summary).toContain("Deployment Plan for production");
    const gitlab = await runGitlabPipeline();
    expect(gitlab).toMatchObject({ code: 0 });
    expect(gitlab.output).toMatch(/production: valid[\s\S]*Approval: required/);
  });

  it("fail for an invalid configuration and annotate the problem at its line", async () => {
    await edit(METADATA, '"srid": 4326', '"srid": "4326"');
    const github = await runGithubWorkflow();
    expect(github.code).toBe(1);
    expect(github.output).toMatch(
      /^::error file=environments\/production\/metadata.json,line=16,/m,
    );
    expect(await runGitlabPipeline()).toMatchObject({
      code: 1,
      output: expect.stringContaining(":16:"),
    });
  });

  it("fail if the policy of the base refuses the change", async () => {
    await edit(
      ".gitops/deployment-policy.yaml",
      "  production:\n",
      "  production:\n    allowBreakingChanges: false\n",
    );
    commit("stricter");
    await edit(METADATA, '"id": "cities"', '"id": "towns"');
    const github = await runGithubWorkflow();
    expect(github.code).not.toBe(0);
    expect(github.output).toMatch(/^::notice::production: .*refused/m);
    const gitlab = await runGitlabPipeline();
    expect(gitlab.code).not.toBe(0);
    expect(gitlab.output).toContain("Refused: repository policy");
  });
});

describe("the guide", SLOW, () => {
  it("contains the workflows that 'honua init' writes", async () => {
    const guide = await readFile(GUIDE, "utf8");
    const shown = [...guide.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text);
    const written = WORKFLOWS.map((path) => readFile(join(repository, path), "utf8"));
    expect(shown).toEqual(await Promise.all(written));
  });

  it("contains commands that work", async () => {
    const blocks = readShellBlocks(await readFile(GUIDE, "utf8"));
    await mkdir(join(repository, ".git/hooks"), { recursive: true });
    await edit(METADATA, '"id": "cities"', '"id": "towns"');
    expect(blocks).toHaveLength(2);
    const result = await run(blocks.map(({ code }) => code).join("\n"));
    expect(result).toMatchObject({ code: 0 });
    expect(result.output).toContain("production: 2 changes, risk Critical, repository policy: ");
    expect(result.output).toContain("stops working: /ogc/collections/cities");
    expect(await run("sh .git/hooks/pre-push")).toMatchObject({ code: 0 });
  });
});
