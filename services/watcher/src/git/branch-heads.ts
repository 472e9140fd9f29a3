/** The commit of each branch. */
export type Heads = ReadonlyMap<string, string>;

const PREFIX = "refs/heads/";

/** Parses the `<id> <ref>` lines of `ls-remote` and `for-each-ref`, and keeps the branches. */
export function parseHeads(output: string): Heads {
  const heads = new Map<string, string>();
  for (const line of output.split("\n")) {
    const match = /^([0-9a-f]{40}|[0-9a-f]{64})[\t ](\S+)$/.exec(line);
    const [, id, ref] = match ?? [];
    if (id && ref?.startsWith(PREFIX)) heads.set(ref.slice(PREFIX.length), id);
  }
  return heads;
}

/** Up to three branches with names similar to the missing one, most similar first. */
export function similarBranches(missing: string, existing: Iterable<string>): string[] {
  const rated = [...existing].map((name) => ({ name, distance: distanceOf(missing, name) }));
  const usual = (name: string) => (name === "main" || name === "master" ? 0 : 1);
  return rated
    .filter(({ name, distance }) => usual(name) === 0 || distance <= Math.ceil(missing.length / 2))
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Levenshtein distance without regard to case; 1 if one name contains the other. */
function distanceOf(a: string, b: string): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  if (to.includes(from) || from.includes(to)) return 1;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
