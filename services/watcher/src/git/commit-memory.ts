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

  return {
    ...mirror,
    commit: (id) => once(`commit ${id}`, () => mirror.commit(id)),
    signature: (commit, keys) =>
      once(`signature ${commit} ${keys.version}`, () => mirror.signature(commit, keys)),
    changedPaths: (from, to) => once(`changed ${from} ${to}`, () => mirror.changedPaths(from, to)),
    isAncestor: (ancestor, commit) =>
      once(`ancestor ${ancestor} ${commit}`, () => mirror.isAncestor(ancestor, commit)),
    async tree(commit, wanted) {
      const below = await once(`tree ${commit}`, async () =>
        indexByFolder(await mirror.tree(commit, paths), ({ path }) => path),
      );
      return below(wanted);
    },
    fetchBlobs: (commit) => once(`blobs ${commit}`, () => mirror.fetchBlobs(commit, paths)),
    discard() {
      answers.clear();
      return mirror.discard();
    },
  };
}
