import { BUNDLE_LIMITS } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import { compareCodeUnits, type TreeEntry } from "./tree-entries.ts";

/** A bundle in the form in which it is stored. */
export interface BundleText {
  text: string;
  bytes: number;
  files: number;
}

/**
 * Checks the size of a bundle before its files are read.
 *
 * @returns bytes of all files
 * @throws PermanentError `bundle-too-big`
 */
export function checkBundleSize(
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
    `The files of ${environment} have ${total} bytes; the limit is ${limit} MiB. The largest file is ${largest?.path}.`,
    { data: { bytes: total, path: largest?.path } },
  );
}

/**
 * Writes the files of an environment as canonical JSON (RFC 8785): members sorted by name, files by
 * path.
 *
 * @throws PermanentError `not-text` naming the file that is not UTF-8
 */
export function renderBundle(
  environment: string,
  entries: readonly TreeEntry[],
  contents: ReadonlyMap<string, Uint8Array>,
): BundleText {
  const files = entries
    .toSorted((a, b) => compareCodeUnits(a.path, b.path))
    .map(({ path, id }) => ({ content: textOf(path, contents.get(id)), path }));
  const text = JSON.stringify({ environment, files });
  return { text, bytes: Buffer.byteLength(text), files: files.length };
}

function textOf(path: string, bytes: Uint8Array | undefined): string {
  if (bytes === undefined) throw new Error(`The content of ${path} was not read.`);
  try {
    // Keep the byte order mark, so that the text represents exactly these bytes.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Reported below, like text that contains NUL.
  }
  const advice = "Save it as UTF-8, or move it out of the environment's folders.";
  throw new PermanentError("not-text", `${path} is not UTF-8 text. ${advice}`, {
    data: { path },
  });
}
