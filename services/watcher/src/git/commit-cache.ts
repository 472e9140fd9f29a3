import { BUNDLE_LIMITS } from "@honua/contracts";
import { indexByFolder } from "../content/folder-index.ts";
import type { Mirror } from "./mirror.ts";

/** Answers that are kept; a poll of one branch needs six of them. */
const REMEMBERED = 64;

/**
 * A mirror that asks git once for what a commit holds, however many environments are fed from it.
 * Seven git processes for each of a thousand environments took the watcher two minutes.
 *
 * @param paths everything that is ever asked for, listed and fetched in one go
 */
export function rememberCommits(mirror: Mirror, paths: readonly string[]): Mirror {
  const answers = new Map<string, Promise<unknown>>();

  function once<Answer>(question: string, ask: () => Promise<Answer>): Promise<Answer> {
    const known = answers.get(question) as Promise<Answer> | undefined;
    if (known) return known;
    const answer = ask();
    answers.set(question, answer);
    answer.catch(() => answers.delete(question));
    const [oldest] = answers.keys();
    if (answers.size > REMEMBERED && oldest !== undefined) answers.delete(oldest);
    return answer;
  }

  /** Undefined if git failed: a folder that cannot be listed must affect its own environment only. */
  function listed(commit: string) {
    return once(`tree ${commit}`, async () =>
      indexByFolder(await mirror.tree(commit, paths), ({ path }) => path),
    ).catch(() => undefined);
  }

  return {
    ...mirror,
    commit: (id) => once(`commit ${id}`, () => mirror.commit(id)),
    signature: (commit, keys) =>
      once(`signature ${commit} ${keys.version}`, () => mirror.signature(commit, keys)),
    changedPaths: (from, to) => once(`changed ${from} ${to}`, () => mirror.changedPaths(from, to)),
    isAncestor: (ancestor, commit) =>
      once(`ancestor ${ancestor} ${commit}`, () => mirror.isAncestor(ancestor, commit)),
    async tree(commit, wanted) {
      const below = await listed(commit);
      return below ? below(wanted) : mirror.tree(commit, wanted);
    },
    async fetchBlobs(commit, wanted) {
      const below = await listed(commit);
      if (!below) return mirror.fetchBlobs(commit, wanted);
      // A folder with too many files is refused, so its contents are not fetched.
      const usable = paths.filter((path) => below([path]).length <= BUNDLE_LIMITS.files);
      return once(`blobs ${commit}`, () => mirror.fetchBlobs(commit, usable));
    },
    discard() {
      answers.clear();
      return mirror.discard();
    },
  };
}
