import { BUNDLE_LIMITS } from "@honua/contracts";
import { indexByFolder } from "../content/folder-index.ts";
import type { Mirror } from "./mirror.ts";

/** Results that are kept. A poll of one branch needs six. */
const CACHE_SIZE = 64;

/**
 * A mirror that runs git once for each fact about a commit, for all environments together. Seven
 * git processes for each of a thousand environments took the watcher two minutes.
 *
 * @param paths the folders of all environments, which are listed and fetched together
 */
export function cacheCommits(mirror: Mirror, paths: readonly string[]): Mirror {
  const results = new Map<string, Promise<unknown>>();

  function readOnce<Result>(key: string, read: () => Promise<Result>): Promise<Result> {
    const cached = results.get(key) as Promise<Result> | undefined;
    if (cached) return cached;
    const result = read();
    results.set(key, result);
    result.catch(() => results.delete(key));
    const [oldest] = results.keys();
    if (results.size > CACHE_SIZE && oldest !== undefined) results.delete(oldest);
    return result;
  }

  /**
   * The index of all folders. Undefined if git failed: then each environment lists its own
   * folders, so that one that cannot be listed does not affect the others.
   */
  function listing(commit: string) {
    return readOnce(`tree ${commit}`, async () =>
      indexByFolder(await mirror.tree(commit, paths), ({ path }) => path),
    ).catch(() => undefined);
  }

  return {
    ...mirror,
    commit: (id) => readOnce(`commit ${id}`, () => mirror.commit(id)),
    signature: (commit, keys) =>
      readOnce(`signature ${commit} ${keys.version}`, () => mirror.signature(commit, keys)),
    changedPaths: (from, to) =>
      readOnce(`changed ${from} ${to}`, () => mirror.changedPaths(from, to)),
    isAncestor: (ancestor, commit) =>
      readOnce(`ancestor ${ancestor} ${commit}`, () => mirror.isAncestor(ancestor, commit)),
    async tree(commit, folders) {
      const entriesBelow = await listing(commit);
      return entriesBelow ? entriesBelow(folders) : mirror.tree(commit, folders);
    },
    async fetchBlobs(commit, folders) {
      const entriesBelow = await listing(commit);
      if (!entriesBelow) return mirror.fetchBlobs(commit, folders);
      // A folder with too many files is refused, so its contents are not fetched.
      const usable = paths.filter((path) => entriesBelow([path]).length <= BUNDLE_LIMITS.files);
      return readOnce(`blobs ${commit}`, () => mirror.fetchBlobs(commit, usable));
    },
    discard() {
      results.clear();
      return mirror.discard();
    },
  };
}
