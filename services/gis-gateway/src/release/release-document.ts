import { createHash } from "node:crypto";
import { type Release, release } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";

/** A release and its canonical text. */
export interface ReleaseDocument {
  digest: string;
  text: string;
  release: Release;
}

/**
 * Parses the canonical text of a release.
 *
 * @throws PermanentError `corrupt-release` if the text does not match the digest,
 *   `unreadable-release` if it is not a release that this gateway supports
 */
export function parseReleaseDocument(digest: string, text: string): ReleaseDocument {
  const actual = createHash("sha256").update(text).digest("hex");
  if (actual !== digest) {
    throw new PermanentError(
      "corrupt-release",
      `Release ${digest} does not match its digest; the digest of its text is ${actual}.`,
    );
  }
  const parsed = release.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PermanentError(
      "unreadable-release",
      `This gateway cannot read release ${digest}: ${issue?.path.join(".")}: ${issue?.message}`,
    );
  }
  return { digest, text, release: parsed.data };
}
