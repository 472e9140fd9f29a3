import type { Mirror } from "../git/mirror.ts";
import { type BundleText, checkBundleSize, renderBundle } from "./bundle.ts";
import type { ByteBudget } from "./byte-budget.ts";
import { checkEntries, environmentPaths, type TreeEntry, treeHash } from "./tree-entries.ts";

/** The files of an environment at one commit, by name and object id only. */
export interface EnvironmentContent {
  environment: string;
  commit: string;
  entries: TreeEntry[];
  treeHash: string;
}

/**
 * Lists the files of an environment at a commit without reading them.
 *
 * @throws PermanentError `symlink-refused`, `submodule-refused`, `path-refused`,
 *   `environment-missing`, `too-many-files`; GitFailed
 */
export async function listContent(
  mirror: Mirror,
  environment: string,
  commit: string,
): Promise<EnvironmentContent> {
  const entries = await mirror.tree(commit, environmentPaths(environment));
  const problem = checkEntries(environment, entries);
  if (problem) throw problem;
  return { environment, commit, entries, treeHash: treeHash(entries) };
}

/**
 * Reads the files, after one fetch for all missing ones, and runs work on them. The byte budget
 * limits how many bundles are in memory at the same time.
 *
 * @throws PermanentError `bundle-too-big`, `not-text`; GitFailed
 */
export async function withBundle<Result>(
  mirror: Mirror,
  content: EnvironmentContent,
  byteBudget: ByteBudget,
  work: (bundle: BundleText) => Promise<Result>,
): Promise<Result> {
  const { environment, commit, entries } = content;
  const ids = [...new Set(entries.map(({ id }) => id))];
  await mirror.fetchBlobs(commit, environmentPaths(environment));
  const bytes = checkBundleSize(environment, entries, await mirror.sizes(ids));
  return byteBudget(bytes, async () =>
    work(renderBundle(environment, entries, await mirror.contents(ids))),
  );
}
