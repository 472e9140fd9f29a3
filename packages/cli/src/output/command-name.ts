import { existsSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const REPOSITORY_ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const REPOSITORY_COMMAND = join(REPOSITORY_ROOT, "node_modules/.bin/honua");

/**
 * Returns what the user can type in `directory` to run this command: `honua` if it is on the PATH,
 * otherwise the path of the command in the repository.
 */
export function commandNameIn(
  directory: string,
  path: string | undefined,
  exists: (file: string) => boolean = existsSync,
): string {
  // npm and pnpm add their folders for the scripts that they run, not for the user's shell.
  const folders = (path ?? "").split(delimiter).filter((folder) => !/node_modules/.test(folder));
  if (folders.some((folder) => exists(join(folder, "honua")))) return "honua";
  if (!exists(REPOSITORY_COMMAND)) return "honua";
  const fromDirectory = relative(directory, REPOSITORY_COMMAND);
  return shellQuote(fromDirectory.startsWith("..") ? REPOSITORY_COMMAND : fromDirectory);
}

/** Replaces `honua` at the start of each command in hints and examples by `commandName`. */
export function spellCommands(text: string, commandName: string): string {
  return text.replaceAll(
    /(^ {2,}(?:[A-Z_]+=\S+ )?|'|<\()honua (?=[a-z<])/gm,
    (_match, before: string) => `${before}${commandName} `,
  );
}

/**
 * Breaks example commands in a help text that are wider than `width`, with a backslash at the end of
 * each line. Lines with pipes or comments are not changed.
 */
export function continueLongCommands(text: string, width: number): string {
  return text.replaceAll(/^ {2}(?:[A-Z_]+=\S+ )?\S*honua [^|#\n]*$/gm, (line) => {
    if (line.length <= width) return line;
    const [first = "", ...words] = line.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? [];
    const lines = [`  ${first}`];
    for (const word of words) {
      const last = lines.at(-1) ?? "";
      if (`${last} ${word} \\`.length <= width) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(`    ${word}`);
    }
    return lines.join(" \\\n");
  });
}

/** Quotes one argument for a POSIX shell, if it needs quotes. */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
