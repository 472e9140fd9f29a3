import { createHash } from "node:crypto";
import { BUNDLE_LIMITS } from "@honua/contracts";
import { type HonuaError, PermanentError } from "@honua/service-kit";

/** One line of `git ls-tree -r -z`. */
export interface TreeEntry {
  mode: string;
  type: string;
  id: string;
  path: string;
}

/** Longest path that is accepted, in UTF-16 units. */
const PATH_LIMIT = 400;

/** The paths whose content makes up an environment. */
export function environmentPaths(environment: string): string[] {
  return [`environments/${environment}`, "environments/common", ".gitops"];
}

/** Parses one record of `git ls-tree -r -z`. */
export function parseTreeEntry(record: string): TreeEntry | undefined {
  const match = /^(\d{6}) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(record);
  const [, mode, type, id, path] = match ?? [];
  return mode && type && id && path ? { mode, type, id, path } : undefined;
}

/** SHA-256 over the entries, whatever their order: equal exactly when the content is equal. */
export function treeHash(entries: readonly TreeEntry[]): string {
  const hash = createHash("sha256");
  const sorted = entries.toSorted((a, b) => compare(a.path, b.path));
  // Paths hold no NUL, so no two lists of entries give the same bytes.
  for (const { mode, path, id } of sorted) hash.update(`${mode} ${path} ${id}\0`);
  return hash.digest("hex");
}

/** Order of UTF-16 code units, as RFC 8785 sorts. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Why the content of an environment cannot be handed over, judged by names and modes alone.
 *
 * @returns the error with code, cause and what to do; undefined when nothing is wrong
 */
export function refusalOf(
  environment: string,
  entries: readonly TreeEntry[],
): HonuaError | undefined {
  const home = `environments/${environment}/`;
  for (const { mode, path } of entries) {
    if (mode === "120000") {
      return refused("symlink-refused", `${path} is a symbolic link; commit a file instead`, path);
    }
    if (mode === "160000") {
      return refused("submodule-refused", `${path} is a submodule; commit its files instead`, path);
    }
    const fault = faultOfPath(path);
    if (fault) return refused("path-refused", `${JSON.stringify(path)} ${fault}; rename it`, path);
  }
  if (!entries.some(({ path }) => path.startsWith(home))) {
    const advice = "create the folder, or correct the environment's name in the configuration";
    return refused(
      "environment-missing",
      `there is no folder ${home} at the head; ${advice}`,
      home,
    );
  }
  if (entries.length > BUNDLE_LIMITS.files) {
    // Not the number: the listing stops soon after the limit.
    const message = `${environment} has more than ${BUNDLE_LIMITS.files} files, which is the limit; move files out of its folders`;
    return refused("too-many-files", message, home);
  }
  return undefined;
}

function faultOfPath(path: string): string | undefined {
  if (path.includes("\uFFFD")) return "is not a name in UTF-8";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return "holds a control character or a backslash";
  if (path.startsWith("/") || path.split("/").some((name) => name === "." || name === "..")) {
    return "leads out of its folder";
  }
  return path.length > PATH_LIMIT ? `is longer than ${PATH_LIMIT} characters` : undefined;
}

function refused(code: string, message: string, path: string): PermanentError {
  return new PermanentError(code, message, { data: { path } });
}
