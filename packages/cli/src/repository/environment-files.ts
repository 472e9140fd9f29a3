import { BUNDLE_LIMITS, type Bundle, type Problem } from "@honua/contracts";
import { closestWord } from "@honua/text";
import { CommandError, EXIT } from "../command-error.ts";

/** The files of an environment, and problems with files that cannot be deployed. */
export interface EnvironmentFiles {
  bundle: Bundle;
  problems: Problem[];
}

/** Paths whose content belongs to an environment. The watcher reads the same paths. */
export function environmentRoots(environment: string): string[] {
  return [`environments/${environment}`, "environments/common", ".gitops"];
}

/** Creates the problem for an entry that could point outside the repository, as the watcher does. */
export function refusedEntry(file: string, kind: "symbolic link" | "submodule"): Problem {
  return {
    code: "entry-refused",
    file,
    message: `${file} is a ${kind}, which cannot be deployed`,
    suggestion: "replace it with the files themselves",
  };
}

/**
 * Bundles the files of an environment, sorted by path. Files that are not UTF-8 become problems.
 *
 * @throws CommandError when there are more files than an environment may have
 */
export function bundleFiles(
  environment: string,
  rawFiles: readonly { path: string; content: Uint8Array }[],
  refusedEntries: readonly Problem[],
): EnvironmentFiles {
  if (rawFiles.length > BUNDLE_LIMITS.files) {
    throw new CommandError(
      `'${environment}' has ${rawFiles.length} files, but at most ${BUNDLE_LIMITS.files} are allowed.`,
    );
  }
  const problems = [...refusedEntries];
  const files = rawFiles.flatMap(({ path, content }) => {
    try {
      return [{ path, content: new TextDecoder("utf-8", { fatal: true }).decode(content) }];
    } catch {
      problems.push({ code: "not-text", file: path, message: `${path} is not text in UTF-8` });
      return [];
    }
  });
  return {
    bundle: { environment, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) },
    problems,
  };
}

/**
 * Selects the environments to process: the requested one, or all of them.
 *
 * @param directory the directory as the user typed it, for the error message
 * @throws CommandError when the requested environment does not exist, with the closest name
 */
export function selectEnvironments(
  existing: readonly string[],
  requested: string | undefined,
  directory: string,
): string[] {
  if (requested === undefined) return [...existing];
  if (existing.includes(requested)) return [requested];
  const closest = closestWord(requested, existing);
  const hint = closest
    ? `Did you mean '${closest}'?`
    : `Existing environments: ${existing.join(", ") || "none"}.`;
  throw new CommandError(`${directory} has no environment '${requested}'. ${hint}`, EXIT.usage);
}
