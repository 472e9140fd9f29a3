import { BUNDLE_LIMITS, type Bundle, type Problem } from "@honua/contracts";
import { closestWord } from "@honua/text";
import { CommandFailed, EXIT } from "../command-error.ts";

/** The files of an environment, with what keeps one of them from being read. */
export interface ReadBundle {
  bundle: Bundle;
  problems: Problem[];
}

/** The paths whose content makes up an environment, as the watcher takes them. */
export function environmentRoots(environment: string): string[] {
  return [`environments/${environment}`, "environments/common", ".gitops"];
}

/** A link could lead out of the repository, so the watcher refuses a commit that holds one. */
export function refusedEntry(file: string, what: "symbolic link" | "submodule"): Problem {
  return {
    code: "entry-refused",
    file,
    message: `${file} is a ${what}, which is not deployed`,
    suggestion: "replace it with the files themselves",
  };
}

/** The bundle of these files, in the order of the watcher's; text that is not UTF-8 is a problem. */
export function bundleOf(
  environment: string,
  read: readonly { path: string; content: Uint8Array }[],
  refused: readonly Problem[],
): ReadBundle {
  if (read.length > BUNDLE_LIMITS.files) {
    throw new CommandFailed(
      `${read.length} files are more than the ${BUNDLE_LIMITS.files} that an environment may have`,
    );
  }
  const problems = [...refused];
  const files = read.flatMap(({ path, content }) => {
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
 * The environments to look at: the one that was named, or all.
 *
 * @throws CommandFailed for one that is not there, naming the closest
 */
export function chooseEnvironments(
  known: readonly string[],
  wanted: string | undefined,
  where: string,
): string[] {
  if (wanted === undefined) return [...known];
  if (known.includes(wanted)) return [wanted];
  const close = closestWord(wanted, known);
  const hint = close ? `did you mean '${close}'?` : `there is ${known.join(", ") || "none"}`;
  throw new CommandFailed(`${where} has no environment '${wanted}'; ${hint}`, EXIT.usage);
}
