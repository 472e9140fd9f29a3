import type { CommitInfo } from "@honua/contracts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { bundleOf, environmentRoots, type ReadBundle, refusedEntry } from "./environment-files.ts";
import { git } from "./run-git.ts";

/**
 * The full id of a commit.
 *
 * @throws CommandFailed when the repository does not know it
 */
export async function resolveCommit(directory: string, ref: string): Promise<string> {
  // As an argument of its own behind the options, a ref that begins with '-' is none.
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  const output = await git(directory, args).catch((cause: unknown) => {
    throw new CommandFailed(
      `'${ref}' is no commit, branch or tag here. In a pipeline, fetch it first: git fetch origin ${ref.replace(/^origin\//, "")}`,
      EXIT.usage,
      { cause },
    );
  });
  return output.toString().trim();
}

/** The files of an environment as a commit has them. */
export async function readCommit(
  directory: string,
  commit: string,
  environment: string,
): Promise<ReadBundle> {
  const entries = await listTree(directory, commit, environmentRoots(environment));
  const refused = entries.flatMap(({ mode, path }) => {
    if (mode === "120000") return [refusedEntry(path, "symbolic link")];
    return mode === "160000" ? [refusedEntry(path, "submodule")] : [];
  });
  const files = entries.filter(({ type, mode }) => type === "blob" && mode !== "120000");
  const contents = await readBlobs(
    directory,
    files.map(({ id }) => id),
  );
  const read = files.map(({ path }, index) => ({ path, content: contents[index] ?? Buffer.of() }));
  return bundleOf(environment, read, refused);
}

/** Who wrote the newest commit of a working copy, for the rules of a policy; undefined without one. */
export async function headCommit(directory: string): Promise<CommitInfo | undefined> {
  const format = ["%H", "%an", "%ae", "%cn", "%ce", "%cI", "%B"].join("%x00");
  try {
    const output = await git(directory, ["log", "-1", `--format=${format}`]);
    const branch = await git(directory, ["rev-parse", "--abbrev-ref", "HEAD"]);
    const [id = "", an = "", ae = "", cn = "", ce = "", at = "", message = ""] = output
      .toString()
      .split("\0");
    return {
      id,
      repository: "working copy",
      branch: branch.toString().trim(),
      author: { name: an, email: ae },
      committer: { name: cn, email: ce },
      message: message.trim(),
      committedAt: at,
    };
  } catch {
    return undefined;
  }
}

/** Path of the directory within its repository, with `/` at the end; empty at its root or without one. */
export async function prefixInRepository(directory: string): Promise<string> {
  const output = await git(directory, ["rev-parse", "--show-prefix"]).catch(() => "");
  return output.toString().trim();
}

async function listTree(directory: string, commit: string, roots: string[]) {
  // Relative to the directory, wherever in its repository that is.
  const output = await git(directory, ["ls-tree", "-r", "-z", commit, "--", ...roots]);
  return output
    .toString()
    .split("\0")
    .flatMap((record) => {
      const [, mode, type, id, path] = /^(\d{6}) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(record) ?? [];
      return mode && type && id && path ? [{ mode, type, id, path }] : [];
    });
}

/** The contents, in the order of the ids, from one process of Git. */
async function readBlobs(directory: string, ids: string[]): Promise<Buffer[]> {
  if (ids.length === 0) return [];
  const output = await git(directory, ["cat-file", "--batch"], { input: `${ids.join("\n")}\n` });
  const contents: Buffer[] = [];
  for (let at = 0; contents.length < ids.length; ) {
    const end = output.indexOf("\n", at);
    const [, , size] = output.toString("latin1", at, end).split(" ");
    if (end < 0 || size === undefined) throw new CommandFailed("git cat-file broke off");
    contents.push(output.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return contents;
}
