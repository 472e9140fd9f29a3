import { BUNDLE_LIMITS } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { compare, type TreeEntry } from "./tree-entries.ts";

/** The text of a bundle, as it is stored. */
export interface BundleText {
  text: string;
  bytes: number;
  files: number;
}

/** @returns bytes of all files. @throws PermanentError `bundle-too-big` */
export function checkedSize(
  environment: string,
  entries: readonly TreeEntry[],
  sizes: ReadonlyMap<string, number>,
): number {
  const total = entries.reduce((sum, { id }) => sum + (sizes.get(id) ?? 0), 0);
  if (total <= BUNDLE_LIMITS.bytes) return total;
  const largest = entries.toSorted((a, b) => (sizes.get(b.id) ?? 0) - (sizes.get(a.id) ?? 0))[0];
  const limit = BUNDLE_LIMITS.bytes / 1024 / 1024;
  throw new PermanentError(
    "bundle-too-big",
    `the files of ${environment} have ${total} bytes; at most ${limit} MiB are allowed, and ${largest?.path} is the largest`,
    { data: { bytes: total, path: largest?.path } },
  );
}

/**
 * The files of an environment as canonical JSON (RFC 8785): members sorted by name, files by path.
 *
 * @throws PermanentError `not-text` naming the file that is not UTF-8
 */
export function bundleText(
  environment: string,
  entries: readonly TreeEntry[],
  contents: ReadonlyMap<string, Uint8Array>,
): BundleText {
  const files = entries
    .toSorted((a, b) => compare(a.path, b.path))
    .map(({ path, id }) => ({ content: textOf(path, contents.get(id)), path }));
  const text = JSON.stringify({ environment, files });
  return { text, bytes: Buffer.byteLength(text), files: files.length };
}

function textOf(path: string, bytes: Uint8Array | undefined): string {
  if (bytes === undefined) throw new Error(`the content of ${path} was not read`);
  try {
    // The byte order mark stays: bytes and text must correspond one to one.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Falls through to the one message for everything that is not text.
  }
  const advice = "save it as UTF-8, or keep it outside the environment's folders";
  throw new PermanentError("not-text", `${path} is not a UTF-8 text; ${advice}`, {
    data: { path },
  });
}
