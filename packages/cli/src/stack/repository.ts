import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { CommandFailed } from "../exit.ts";

const run = promisify(execFile);
const SAMPLE = fileURLToPath(new URL("../../../../examples/honua-config", import.meta.url));

const GIT_MISSING = "Git is not installed. Install it (Debian: apt install git) and try again.";

/** Where the configuration of a local stack comes from. */
export interface Repository {
  url: string;
  /** A working copy to edit and push from; null for a repository of the user's own. */
  workingCopy: string | null;
}

/**
 * Makes a bare repository and a working copy of the sample configuration in the home, once: what is
 * half made is not used.
 *
 * @throws CommandFailed when git is missing or refuses
 */
export async function prepareRepository(home: string, branch: string): Promise<Repository> {
  const bare = join(home, "honua-config.git");
  const workingCopy = join(home, "honua-config");
  if (!existsSync(bare)) {
    const temporary = await mkdtemp(join(home, "repository-"));
    await makeBareRepository(join(temporary, "bare"), join(temporary, "first"), branch);
    await rename(join(temporary, "bare"), bare);
    await rm(temporary, { recursive: true, force: true });
  }
  if (!existsSync(workingCopy)) {
    await git(home, "clone", "--quiet", "--branch", branch, bare, workingCopy);
    await nameCommitter(workingCopy);
  }
  return { url: pathToFileURL(bare).href, workingCopy };
}

/**
 * A repository of the user's own: a URL, or the path of one on this machine.
 *
 * @throws CommandFailed when it cannot be reached, or has no such branch
 */
export async function reachRepository(location: string, branch: string): Promise<Repository> {
  const url = existsSync(location) ? pathToFileURL(location).href : location;
  try {
    const args = ["ls-remote", "--exit-code", "--", url, `refs/heads/${branch}`];
    const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
    await run("git", args, { env, timeout: REACH_TIMEOUT_MS });
  } catch (error) {
    throw new CommandFailed(unreachable(url, branch, error));
  }
  return { url, workingCopy: null };
}

/** Exit code of `git ls-remote --exit-code` for a repository without such a branch. */
const NO_SUCH_REF = 2;
const REACH_TIMEOUT_MS = 20_000;

function unreachable(url: string, branch: string, error: unknown): string {
  const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
  if (code === "ENOENT") return GIT_MISSING;
  if (code === NO_SUCH_REF) {
    return `The repository ${url} has no branch '${branch}'. Push it first, or name another with --branch.`;
  }
  const fatal = stderr
    ?.split("\n")
    .find((line) => line.startsWith("fatal:"))
    ?.slice(7);
  const why = killed ? `no answer within ${REACH_TIMEOUT_MS / 1_000} s` : (fatal ?? String(error));
  return `The repository ${url} cannot be reached: ${why}. Check the URL and your access with 'git ls-remote'.`;
}

async function makeBareRepository(bare: string, first: string, branch: string): Promise<void> {
  await cp(SAMPLE, first, { recursive: true });
  await git(first, "init", "--quiet", `--initial-branch=${branch}`);
  await nameCommitter(first);
  await git(first, "add", "--all");
  await git(first, "commit", "--quiet", "--message", "feat: Add initial production configuration");
  await git(first, "clone", "--quiet", "--bare", first, bare);
  await git(bare, "remote", "remove", "origin");
  // Lets the watcher fetch commits without their files, as the big Git hosts do.
  await git(bare, "config", "uploadpack.allowFilter", "true");
  await git(bare, "config", "uploadpack.allowAnySHA1InWant", "true");
}

/** A name to commit under, where the user has set none. */
async function nameCommitter(workingCopy: string): Promise<void> {
  for (const [key, value] of [
    ["user.name", "Honua operator"],
    ["user.email", "operator@honua.invalid"],
  ] as const) {
    const known = await run("git", ["config", "--get", key], { cwd: workingCopy }).catch(
      () => undefined,
    );
    if (!known?.stdout.trim()) await git(workingCopy, "config", key, value);
  }
}

async function git(directory: string, ...args: string[]): Promise<void> {
  try {
    await run("git", args, { cwd: directory, env: { ...process.env, GIT_TERMINAL_PROMPT: "0" } });
  } catch (error) {
    const failed = error as NodeJS.ErrnoException & { stderr?: string };
    if (failed.code === "ENOENT") {
      throw new CommandFailed(
        "Git is not installed. Install it (Debian: apt install git) and try again.",
      );
    }
    throw new CommandFailed(`git ${args[0]} failed: ${failed.stderr?.trim() || failed.message}`);
  }
}
