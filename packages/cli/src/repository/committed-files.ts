import type { CommitInfo } from "@honua/contracts";
import { CommandError, EXIT } from "../command-error.ts";
import {
  bundleFiles,
  type EnvironmentFiles,
  environmentRoots,
  refusedEntry,
} from "./environment-files.ts";
import { runGit } from "./run-git.ts";

/** Modes of tree entries, see the Git documentation of `git ls-tree`. */
const SYMBOLIC_LINK = "120000";
const SUBMODULE = "160000";

/**
 * Resolves a commit, branch or tag to the full id of a commit.
 *
 * @throws CommandError when the repository does not contain it
 */
export async function resolveCommit(directory: string, ref: string): Promise<string> {
  // After --end-of-options, Git does not interpret a ref that starts with '-' as an option.
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  const output = await runGit(directory, args).catch((cause: unknown) => {
    throw new CommandError(
      `'${ref}' is not a commit, branch or tag here. In a pipeline, fetch it first: git fetch origin ${ref.replace(/^origin\//, "")}`,
      EXIT.usage,
      { cause },
    );
  });
  return output.toString().trim();
}

/** Reads the files of an environment from a commit. */
export async function readCommittedFiles(
  directory: string,
  commit: string,
  environment: string,
): Promise<EnvironmentFiles> {
  const entries = await listTree(directory, commit, environmentRoots(environment));
  const refusedEntries = entries.flatMap(({ mode, path }) => {
    if (mode === SYMBOLIC_LINK) return [refusedEntry(path, "symbolic link")];
    return mode === SUBMODULE ? [refusedEntry(path, "submodule")] : [];
  });
  const files = entries.filter(({ type, mode }) => type === "blob" && mode !== SYMBOLIC_LINK);
  const contents = await readBlobs(
    directory,
    files.map(({ id }) => id),
  );
  const rawFiles = files.map(({ path }, index) => ({
    path,
    content: contents[index] ?? Buffer.of(),
  }));
  return bundleFiles(environment, rawFiles, refusedEntries);
}

/** Reads the newest commit, to which policy rules refer. Returns undefined if there is no commit. */
export async function headCommit(directory: string): Promise<CommitInfo | undefined> {
  const format = ["%H", "%an", "%ae", "%cn", "%ce", "%cI", "%B"].join("%x00");
  try {
    const output = await runGit(directory, ["log", "-1", `--format=${format}`]);
    const branch = await runGit(directory, ["rev-parse", "--abbrev-ref", "HEAD"]);
    const [
      id = "",
      authorName = "",
      authorEmail = "",
      committerName = "",
      committerEmail = "",
      committedAt = "",
      message = "",
    ] = output.toString().split("\0");
    return {
      id,
      repository: "working copy",
      branch: branch.toString().trim(),
      author: { name: authorName, email: authorEmail },
      committer: { name: committerName, email: committerEmail },
      message: message.trim(),
      committedAt,
    };
  } catch {
    return undefined;
  }
}

/**
 * Returns the path of a directory within its repository, with `/` at the end. It is empty at the
 * root of the repository and outside any repository.
 */
export async function pathInRepository(directory: string): Promise<string> {
  const output = await runGit(directory, ["rev-parse", "--show-prefix"]).catch(() => "");
  return output.toString().trim();
}

/** Lists tree entries below the roots, which are relative to the directory. */
async function listTree(directory: string, commit: string, roots: string[]) {
  const output = await runGit(directory, ["ls-tree", "-r", "-z", commit, "--", ...roots]);
  return output
    .toString()
    .split("\0")
    .flatMap((record) => {
      const [, mode, type, id, path] = /^(\d{6}) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(record) ?? [];
      return mode && type && id && path ? [{ mode, type, id, path }] : [];
    });
}

/** Reads blobs with a single Git process, in the order of the ids. */
async function readBlobs(directory: string, ids: string[]): Promise<Buffer[]> {
  if (ids.length === 0) return [];
  const output = await runGit(directory, ["cat-file", "--batch"], { input: `${ids.join("\n")}\n` });
  const contents: Buffer[] = [];
  for (let position = 0; contents.length < ids.length; ) {
    // Each record is `<id> <type> <size>\n<content>\n`.
    const headerEnd = output.indexOf("\n", position);
    const [, , size] = output.toString("latin1", position, headerEnd).split(" ");
    if (headerEnd < 0 || size === undefined) {
      throw new CommandError("git cat-file ended before all files were read. Try again.");
    }
    const contentStart = headerEnd + 1;
    const contentEnd = contentStart + Number(size);
    contents.push(output.subarray(contentStart, contentEnd));
    position = contentEnd + 1;
  }
  return contents;
}
