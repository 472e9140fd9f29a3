import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What a person has to do before this can go on. */
export class SetupProblem extends Error {}

/** One calm line about what is being done. */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/** The path of a program, or undefined. */
export function findProgram(name, directories = (process.env.PATH ?? "").split(delimiter)) {
  return directories.map((directory) => join(directory, name)).find((path) => existsSync(path));
}

/**
 * Runs a command without showing its output, unless it fails: then all of it is shown.
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

/** What a command prints, or undefined when it fails. */
export function outputOf(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
