import { createHash } from "node:crypto";
import { type Release, release } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";

/** A release's canonical text together with what it says. */
export interface ReleaseDocument {
  digest: string;
  text: string;
  release: Release;
}

/**
 * Reads the canonical text of a release.
 *
 * @throws PermanentError `corrupt-release` when the text does not have this digest,
 *   `unreadable-release` when it is not a release this gateway understands
 */
export function parseReleaseDocument(digest: string, text: string): ReleaseDocument {
  const actual = createHash("sha256").update(text).digest("hex");
  if (actual !== digest) {
    throw new PermanentError(
      "corrupt-release",
      `release ${digest} does not match its digest: its text has ${actual}`,
    );
  }
  const parsed = release.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PermanentError(
      "unreadable-release",
      `release ${digest} is not one this gateway understands: ${issue?.path.join(".")}: ${issue?.message}`,
    );
  }
  return { digest, text, release: parsed.data };
}
