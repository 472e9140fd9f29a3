import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareRepository, reachRepository } from "../../src/stack/configuration-repository.ts";

const newHome = () => mkdtemp(join(tmpdir(), "honua-repository-"));
const git = (directory: string, ...args: string[]) =>
  execFileSync("git", args, { cwd: directory, encoding: "utf8" }).trim();

describe("the sample repository", () => {
  it("has one commit, and a working copy that can push", async () => {
    const { url, workingCopy } = await prepareRepository(await newHome(), "main");
    expect(url).toMatch(/^file:\/\//);
    const copy = workingCopy ?? "";
    expect(git(copy, "rev-list", "--count", "HEAD")).toBe("1");
    expect(git(copy, "ls-files")).toContain("environments/production/metadata.json");
    git(copy, "commit", "--quiet", "--allow-empty", "--message", "test");
    git(copy, "push", "--quiet");
  });

  it("is made once, and a lost working copy is cloned again", async () => {
    const home = await newHome();
    const { workingCopy } = await prepareRepository(home, "main");
    const head = git(workingCopy ?? "", "rev-parse", "HEAD");
    await rm(workingCopy ?? "", { recursive: true });
    await prepareRepository(home, "main");
    expect(git(workingCopy ?? "", "rev-parse", "HEAD")).toBe(head);
  });
});

describe("a repository of the user's own", () => {
  it("is taken by its path or URL", async () => {
    const { url } = await prepareRepository(await newHome(), "main");
    expect(await reachRepository(url, "main")).toEqual({ url, workingCopy: null });
    expect(await reachRepository(new URL(url).pathname, "main")).toMatchObject({ url });
  });

  it("that has no such branch, or cannot be reached, is refused with what to do", async () => {
    const { url } = await prepareRepository(await newHome(), "main");
    await expect(reachRepository(url, "mian")).rejects.toThrow(/has no branch 'mian'.*--branch/);
    await expect(reachRepository("file:///nowhere.git", "main")).rejects.toThrow(
      /file:\/\/\/nowhere\.git cannot be reached: .*Check the URL/,
    );
  });
});
