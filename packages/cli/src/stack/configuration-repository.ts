import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ProgramFailed } from "@honua/service-kit";
import { CommandError } from "../command-error.ts";
import { GIT_MISSING, runGit } from "../repository/run-git.ts";

const SAMPLE = fileURLToPath(new URL("../../../../examples/honua-config", import.meta.url));
/** Exit code of `git ls-remote --exit-code` for a repository without the branch. */
const NO_SUCH_REF = 2;
const CONNECT_TIMEOUT_MS = 20_000;
/** Disables commit signing, because the user's signing key may ask for a passphrase. */
const UNSIGNED = ["-c", "commit.gpgSign=false"];

/** The configuration repository of a local stack. */
export interface ConfigurationRepository {
  url: string;
  /** Working copy of the sample repository; null for a repository of the user. */
  workingCopy: string | null;
}

/**
 * Creates a bare repository with the sample configuration and a working copy of it in the home,
 * unless they exist. An interrupted creation is repeated.
 *
 * @throws CommandError when git is missing or fails
 */
export async function prepareSampleRepository(
  home: string,
  branch: string,
): Promise<ConfigurationRepository> {
  const bare = join(home, "honua-config.git");
  const workingCopy = join(home, "honua-config");
  if (!existsSync(bare)) {
    const temporary = await mkdtemp(join(home, "repository-"));
    await createBareRepository(join(temporary, "bare"), join(temporary, "source"), branch);
    await rename(join(temporary, "bare"), bare);
    await rm(temporary, { recursive: true, force: true });
  }
  if (!existsSync(workingCopy)) {
    await runGit(home, ["clone", "--quiet", "--branch", branch, bare, workingCopy]);
    await setDefaultIdentity(workingCopy);
  }
  return { url: pathToFileURL(bare).href, workingCopy };
}

/**
 * Checks that a repository of the user can be read.
 *
 * @param location a URL, or the path of a repository on this machine
 * @throws CommandError when it cannot be reached or does not contain the branch
 */
export async function openUserRepository(
  location: string,
  branch: string,
): Promise<ConfigurationRepository> {
  const url = existsSync(location) ? pathToFileURL(location).href : location;
  try {
    const args = ["ls-remote", "--exit-code", "--", url, `refs/heads/${branch}`];
    await runGit(process.cwd(), args, { deadlineMs: CONNECT_TIMEOUT_MS });
  } catch (error) {
    const failure = error instanceof CommandError ? error.cause : error;
    throw new CommandError(unreachableMessage(url, branch, failure));
  }
  return { url, workingCopy: null };
}

function unreachableMessage(url: string, branch: string, error: unknown): string {
  const failure = error instanceof ProgramFailed ? error : undefined;
  if (failure?.why === "missing") return GIT_MISSING;
  if (failure?.exitCode === NO_SUCH_REF) {
    return `The repository ${url} has no branch '${branch}'. Push it first, or set another branch with --branch.`;
  }
  const fatalMessage = failure?.stderr
    .split("\n")
    .find((line) => line.startsWith("fatal:"))
    ?.slice("fatal: ".length);
  const reason =
    failure?.why === "timeout"
      ? `no response within ${CONNECT_TIMEOUT_MS / 1_000} s`
      : (fatalMessage ?? String(error));
  return `The repository ${url} cannot be reached: ${reason}. Check the URL and your access with 'git ls-remote ${url}'.`;
}

async function createBareRepository(bare: string, source: string, branch: string): Promise<void> {
  await cp(SAMPLE, source, { recursive: true });
  await runGit(source, ["init", "--quiet", `--initial-branch=${branch}`]);
  await setDefaultIdentity(source);
  await runGit(source, ["add", "--all"]);
  const message = "feat: Add initial production configuration";
  await runGit(source, [...UNSIGNED, "commit", "--quiet", "--message", message]);
  await runGit(source, ["clone", "--quiet", "--bare", source, bare]);
  await runGit(bare, ["remote", "remove", "origin"]);
  // Allows the watcher to fetch commits without blobs (partial clone), as Git hosting services do.
  await runGit(bare, ["config", "uploadpack.allowFilter", "true"]);
  await runGit(bare, ["config", "uploadpack.allowAnySHA1InWant", "true"]);
}

/** Sets an identity for commits, unless the user has configured one. */
async function setDefaultIdentity(workingCopy: string): Promise<void> {
  for (const [key, value] of [
    ["user.name", "Honua operator"],
    ["user.email", "operator@honua.invalid"],
  ] as const) {
    const configured = await runGit(workingCopy, ["config", "--get", key]).catch(() => undefined);
    if (!configured?.toString().trim()) await runGit(workingCopy, ["config", key, value]);
  }
}
