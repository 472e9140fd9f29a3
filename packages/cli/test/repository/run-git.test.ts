import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { runGit } from "../../src/repository/run-git.ts";

afterEach(() => vi.unstubAllEnvs());

/** A directory with a program called git. */
function directoryWithGit(script: string): string {
  const directory = mkdtempSync(join(tmpdir(), "honua-git-"));
  writeFileSync(join(directory, "git"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, "git"), 0o755);
  vi.stubEnv("PATH", `${directory}:${process.env.PATH}`);
  return directory;
}

it("ends git and its child processes at the deadline", async () => {
  const directory = directoryWithGit("sleep 60 & sleep 60");
  const started = performance.now();
  await expect(runGit(directory, ["ls-remote"], { deadlineMs: 200 })).rejects.toThrow(
    "git ls-remote did not finish within 0.2 s.",
  );
  expect(performance.now() - started).toBeLessThan(10_000);
});

it("reports the message of git", async () => {
  const directory = directoryWithGit("echo 'fatal: no such ref' >&2; exit 128");
  await expect(runGit(directory, ["show"])).rejects.toThrow("git show failed: no such ref");
});

it("reports that git is not installed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "honua-git-"));
  vi.stubEnv("PATH", directory);
  await expect(runGit(directory, ["version"])).rejects.toThrow("Git is not installed.");
});
