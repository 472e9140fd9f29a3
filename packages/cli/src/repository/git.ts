import { execFile } from "node:child_process";
import { CommandFailed, EXIT } from "../exit.ts";

/** Bytes of output that are taken: more than a bundle may have. */
const MOST_OUTPUT = 64 * 1024 * 1024;

/**
 * Runs Git in a directory, with the words of its errors in English and nobody to ask.
 *
 * @param options.input is given to it on standard input
 * @throws CommandFailed with what Git said
 */
export function git(
  directory: string,
  args: readonly string[],
  options: { input?: string } = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      "git",
      [...args],
      {
        cwd: directory,
        encoding: "buffer",
        maxBuffer: MOST_OUTPUT,
        env: { ...process.env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        const said = stderr
          .toString()
          .trim()
          .replace(/^fatal: /, "");
        const message = missing
          ? "Git is not installed."
          : `git ${args[0]}: ${said || error.message}`;
        reject(new CommandFailed(message, EXIT.failed, { cause: error }));
      },
    );
    // A process that ends before it has read all is told of by its exit code.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}
