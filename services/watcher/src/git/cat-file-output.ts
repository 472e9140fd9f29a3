import { GitFailed } from "./git.ts";

/** Parses `git cat-file --batch-check`: sizes in bytes by object id. */
export function parseSizes(output: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const line of output.split("\n")) {
    const [id, type, size] = line.split(" ");
    if (id && type === "blob") sizes.set(id, Number(size));
  }
  return sizes;
}

/**
 * Parses `git cat-file --batch`: for each object a line `<id> blob <size>`, the bytes, and a line
 * feed.
 *
 * @throws GitFailed if the output ends early or reports a missing object
 */
export function parseContents(output: Buffer): Map<string, Buffer> {
  const contents = new Map<string, Buffer>();
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(0x0a, at);
    const header = output.subarray(at, end < 0 ? output.length : end).toString("utf8");
    const match = /^([0-9a-f]+) blob (\d+)$/.exec(header);
    const start = end + 1;
    const length = Number(match?.[2]);
    if (!match?.[1] || start + length >= output.length) {
      throw new GitFailed("exit", `git cat-file returned '${header.slice(0, 200)}'`);
    }
    contents.set(match[1], output.subarray(start, start + length));
    at = start + length + 1;
  }
  return contents;
}
