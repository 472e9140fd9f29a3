import { editDistance } from "@honua/text";

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
  const limit = Math.ceil(missing.length / 2);
  const rated = [...existing].map((name) => ({ name, distance: distanceOf(missing, name, limit) }));
  const isDefault = (name: string) => name === "main" || name === "master";
  return rated
    .filter(({ name, distance }) => isDefault(name) || distance <= limit)
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Edit distance without regard to case; 1 if one name contains the other. */
function distanceOf(a: string, b: string, limit: number): number {
  const [from, to] = [a.toLowerCase(), b.toLowerCase()];
  return to.includes(from) || from.includes(to) ? 1 : editDistance(from, to, limit);
}
