import { createHash, hash } from "node:crypto";

/** A weak entity tag, derived from the parts. Equal parts have equal tags. */
export function entityTag(...parts: (string | Buffer)[]): string {
  const [only = "", ...others] = parts;
  if (others.length === 0) return `W/"${hash("sha1", only, "base64url")}"`;
  const several = createHash("sha1");
  for (const part of parts) several.update(part);
  return `W/"${several.digest("base64url")}"`;
}

/** True if the client already has the response with this tag (RFC 9110, 13.1.2). */
export function matchesEntityTag(ifNoneMatch: string | undefined, tag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const opaque = tag.replace(/^W\//, "");
  return ifNoneMatch.split(",").some((known) => known.trim().replace(/^W\//, "") === opaque);
}
