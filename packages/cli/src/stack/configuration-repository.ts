import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ProgramFailed } from "@honua/service-kit";
import { CommandFailed } from "../command-error.ts";
import { GIT_MISSING, git } from "../repository/run-git.ts";

const SAMPLE = fileURLToPath(new URL("../../../../examples/honua-config", import.meta.url));

/** The user's own signing key may ask for a passphrase. */
const UNSIGNED = ["-c", "commit.gpgSign=false"];

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
    await git(home, ["clone", "--quiet", "--branch", branch, bare, workingCopy]);
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
    await git(process.cwd(), args, { deadlineMs: REACH_TIMEOUT_MS });
  } catch (error) {
    const failure = error instanceof CommandFailed ? error.cause : error;
    throw new CommandFailed(unreachable(url, branch, failure));
  }
  return { url, workingCopy: null };
}

/** Exit code of `git ls-remote --exit-code` for a repository without such a branch. */
const NO_SUCH_REF = 2;
const REACH_TIMEOUT_MS = 20_000;

function unreachable(url: string, branch: string, error: unknown): string {
  const failure = error instanceof ProgramFailed ? error : undefined;
  if (failure?.why === "missing") return GIT_MISSING;
  if (failure?.exitCode === NO_SUCH_REF) {
    return `The repository ${url} has no branch '${branch}'. Push it first, or name another with --branch.`;
  }
  const fatal = failure?.stderr
    .split("\n")
    .find((line) => line.startsWith("fatal:"))
    ?.slice(7);
  const timedOut = failure?.why === "timeout";
  const why = timedOut ? `no answer within ${REACH_TIMEOUT_MS / 1_000} s` : fatal;
  return `The repository ${url} cannot be reached: ${why ?? String(error)}. Check the URL and your access with 'git ls-remote'.`;
}

async function makeBareRepository(bare: string, first: string, branch: string): Promise<void> {
  await cp(SAMPLE, first, { recursive: true });
  await git(first, ["init", "--quiet", `--initial-branch=${branch}`]);
  await nameCommitter(first);
  await git(first, ["add", "--all"]);
  await git(first, [
    ...UNSIGNED,
    "commit",
    "--quiet",
    "--message",
    "feat: Add initial production configuration",
  ]);
  await git(first, ["clone", "--quiet", "--bare", first, bare]);
  await git(bare, ["remote", "remove", "origin"]);
  // Lets the watcher fetch commits without their files, as the big Git hosts do.
  await git(bare, ["config", "uploadpack.allowFilter", "true"]);
  await git(bare, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
}

/** A name to commit under, where the user has set none. */
async function nameCommitter(workingCopy: string): Promise<void> {
  for (const [key, value] of [
    ["user.name", "Honua operator"],
    ["user.email", "operator@honua.invalid"],
  ] as const) {
    const known = await git(workingCopy, ["config", "--get", key]).catch(() => undefined);
    if (!known?.toString().trim()) await git(workingCopy, ["config", key, value]);
  }
}
