import { parseTreeEntry, type TreeEntry } from "./tree-entries.ts";

/** Collects the output of `git ls-tree -r -z` until one of its folders holds too many entries. */
export interface TreeListing {
  /** @returns whether more output is needed */
  add(chunk: Buffer): boolean;
  entries(): TreeEntry[];
  /** The first folder with more entries than allowed, of which the excess is not listed. */
  overfullRoot(): string | undefined;
}

/**
 * @param roots folders that are listed, none inside another
 * @param limit entries allowed in each folder; one more is kept, so that callers can see the excess
 */
export function createTreeListing(roots: readonly string[], limit: number): TreeListing {
  const counts = new Map(roots.map((root) => [root, 0]));
  const entries: TreeEntry[] = [];
  let incomplete: Buffer = Buffer.alloc(0);
  let overfull: string | undefined;

  function addRecord(record: Buffer) {
    const entry = parseTreeEntry(record.toString("utf8"));
    if (!entry) return;
    entries.push(entry);
    const root = rootOf(entry.path, counts);
    const count = (counts.get(root) ?? 0) + 1;
    counts.set(root, count);
    if (count > limit) overfull = root;
  }

  return {
    add(chunk) {
      const output = incomplete.length > 0 ? Buffer.concat([incomplete, chunk]) : chunk;
      let start = 0;
      for (
        let end = output.indexOf(0);
        end >= 0 && overfull === undefined;
        end = output.indexOf(0, start)
      ) {
        addRecord(output.subarray(start, end));
        start = end + 1;
      }
      incomplete = output.subarray(start);
      return overfull === undefined;
    },
    entries: () => entries,
    overfullRoot: () => overfull,
  };
}

/** The root that a path is, or lies in. */
export function rootOf(path: string, roots: { has(root: string): boolean }): string {
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const folder = path.slice(0, at);
    if (roots.has(folder)) return folder;
  }
  return path;
}
