import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** An error that the person who runs the command has to fix. */
export class SetupProblem extends Error {}

/** Prints one line of progress. */
export function printLine(line) {
  process.stdout.write(`${line}\n`);
}

/** The path of a program, or undefined if it is not installed. */
export function findProgram(name, directories = (process.env.PATH ?? "").split(delimiter)) {
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/**
 * Runs a command. Its output is shown only if the command fails.
 *
 * @returns {boolean} whether it succeeded
 */
export function runQuietly(command, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
  if (status === 0) return true;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}${error ? `${error.message}\n` : ""}`);
  return false;
}

/** The standard output of a command, or undefined if the command fails. */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
