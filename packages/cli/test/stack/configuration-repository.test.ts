import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  openUserRepository,
  prepareSampleRepository,
} from "../../src/stack/configuration-repository.ts";

const newHome = () => mkdtemp(join(tmpdir(), "honua-repository-"));
const git = (directory: string, ...args: string[]) =>
  execFileSync("git", args, { cwd: directory, encoding: "utf8" }).trim();

describe("prepareSampleRepository", () => {
  it("creates a repository with one commit and a working copy that can push", async () => {
    const { url, workingCopy } = await prepareSampleRepository(await newHome(), "main");
    expect(url).toMatch(/^file:\/\//);
    const copy = workingCopy ?? "";
    expect(git(copy, "rev-list", "--count", "HEAD")).toBe("1");
    expect(git(copy, "ls-files")).toContain("environments/production/metadata.json");
    git(copy, "commit", "--quiet", "--allow-empty", "--message", "test");
    git(copy, "push", "--quiet");
  });

  it("keeps an existing repository and clones a missing working copy", async () => {
    const home = await newHome();
    const { workingCopy } = await prepareSampleRepository(home, "main");
    const head = git(workingCopy ?? "", "rev-parse", "HEAD");
    await rm(workingCopy ?? "", { recursive: true });
    await prepareSampleRepository(home, "main");
    expect(git(workingCopy ?? "", "rev-parse", "HEAD")).toBe(head);
  });
});

describe("openUserRepository", () => {
  it("accepts a path or a URL", async () => {
    const { url } = await prepareSampleRepository(await newHome(), "main");
    expect(await openUserRepository(url, "main")).toEqual({ url, workingCopy: null });
    expect(await openUserRepository(new URL(url).pathname, "main")).toMatchObject({ url });
  });

  it("explains what to do if the branch is missing or the repository cannot be reached", async () => {
    const { url } = await prepareSampleRepository(await newHome(), "main");
    await expect(openUserRepository(url, "mian")).rejects.toThrow(/has no branch 'mian'.*--branch/);
    await expect(openUserRepository("file:///nowhere.git", "main")).rejects.toThrow(
      /file:\/\/\/nowhere\.git cannot be reached: .*Check the URL/,
    );
  });
});
