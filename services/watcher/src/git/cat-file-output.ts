import { GitFailed } from "./git.ts";

/** Sizes in bytes by object id, from `git cat-file --batch-check`. */
export function parseSizes(output: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const line of output.split("\n")) {
    const [id, type, size] = line.split(" ");
    if (id && type === "blob") sizes.set(id, Number(size));
  }
  return sizes;
}

/**
 * Contents by object id, from `git cat-file --batch`: a line `<id> blob <size>`, then the bytes
 * and a line feed.
 *
 * @throws GitFailed when the output ends early or names a missing object
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
      throw new GitFailed("exit", `git cat-file answered '${header.slice(0, 200)}'`);
    }
    contents.set(match[1], output.subarray(start, start + length));
    at = start + length + 1;
  }
  return contents;
}
