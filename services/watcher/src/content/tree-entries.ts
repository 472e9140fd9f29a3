import { createHash } from "node:crypto";
import { BUNDLE_LIMITS, type ErrorCode } from "@honua/contracts";
import { type HonuaError, PermanentError } from "@honua/service-kit";

/** One record of `git ls-tree -r -z`. */
export interface TreeEntry {
  mode: string;
  type: string;
  id: string;
  path: string;
}

/** Longest accepted path, in UTF-16 code units. */
const PATH_LIMIT = 400;

/** The folders that make up an environment. */
export function environmentPaths(environment: string): string[] {
  return [`environments/${environment}`, "environments/common", ".gitops"];
}

/** Parses one record of `git ls-tree -r -z`. */
export function parseTreeEntry(record: string): TreeEntry | undefined {
  const match = /^(\d{6}) (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(record);
  const [, mode, type, id, path] = match ?? [];
  return mode && type && id && path ? { mode, type, id, path } : undefined;
}

/** SHA-256 over the entries in any order: equal exactly if the content is equal. */
export function treeHash(entries: readonly TreeEntry[]): string {
  const hash = createHash("sha256");
  const sorted = entries.toSorted((a, b) => compareCodeUnits(a.path, b.path));
  // Paths contain no NUL, so different lists of entries never produce the same bytes.
  for (const { mode, path, id } of sorted) hash.update(`${mode} ${path} ${id}\0`);
  return hash.digest("hex");
}

/** Compares by UTF-16 code units, the order of RFC 8785. */
export function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Checks the names and modes of an environment's files.
 *
 * @returns why the content cannot be deployed; undefined if nothing is wrong
 */
export function checkEntries(
  environment: string,
  entries: readonly TreeEntry[],
): HonuaError | undefined {
  const home = `environments/${environment}/`;
  for (const { mode, path } of entries) {
    if (mode === "120000") {
      return refused("symlink-refused", `${path} is a symbolic link. Commit a file instead.`, path);
    }
    if (mode === "160000") {
      return refused(
        "submodule-refused",
        `${path} is a submodule. Commit its files instead.`,
        path,
      );
    }
    const problem = pathProblem(path);
    if (problem) {
      return refused("path-refused", `${JSON.stringify(path)} ${problem}. Rename it.`, path);
    }
  }
  if (!entries.some(({ path }) => path.startsWith(home))) {
    const advice = "Create it, or correct the environment's name in the configuration.";
    return refused(
      "environment-missing",
      `The head of the branch has no folder ${home}. ${advice}`,
      home,
    );
  }
  if (entries.length > BUNDLE_LIMITS.files) {
    // The exact number is unknown, because the listing stops after the limit.
    const message = `${environment} has more than ${BUNDLE_LIMITS.files} files, which is the limit. Move files out of its folders.`;
    return refused("too-many-files", message, home);
  }
  return undefined;
}

function pathProblem(path: string): string | undefined {
  if (path.includes("\uFFFD")) return "is not valid UTF-8";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this pattern finds control characters
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return "contains a control character or a backslash";
  if (path.startsWith("/") || path.split("/").some((name) => name === "." || name === "..")) {
    return "leads out of its folder";
  }
  return path.length > PATH_LIMIT ? `is longer than ${PATH_LIMIT} characters` : undefined;
}

function refused(code: ErrorCode, message: string, path: string): PermanentError {
  return new PermanentError(code, message, { data: { path } });
}
