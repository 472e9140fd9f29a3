import type { Mirror } from "../git/mirror.ts";
import { type BundleText, bundleText, checkedSize } from "./bundle.ts";
import type { Room } from "./byte-budget.ts";
import { environmentPaths, refusalOf, type TreeEntry, treeHash } from "./tree-entries.ts";

/** What an environment consists of at one commit, known by names and ids only. */
export interface EnvironmentContent {
  environment: string;
  commit: string;
  entries: TreeEntry[];
  treeHash: string;
}

/**
 * Lists the files of an environment at a commit; reads none.
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
  const refusal = refusalOf(environment, entries);
  if (refusal) throw refusal;
  return { environment, commit, entries, treeHash: treeHash(entries) };
}

/**
 * Reads the files, after one fetch for all that are missing, and does something with them while there
 * is room for them.
 *
 * @throws PermanentError `bundle-too-big`, `not-text`; GitFailed
 */
export async function withBundle<Result>(
  mirror: Mirror,
  content: EnvironmentContent,
  room: Room,
  work: (bundle: BundleText) => Promise<Result>,
): Promise<Result> {
  const { environment, commit, entries } = content;
  const ids = [...new Set(entries.map(({ id }) => id))];
  await mirror.fetchBlobs(commit, environmentPaths(environment));
  const bytes = checkedSize(environment, entries, await mirror.sizes(ids));
  return room(bytes, async () =>
    work(bundleText(environment, entries, await mirror.contents(ids))),
  );
}
