import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Problem } from "@honua/contracts";
import { CommandError, EXIT } from "../command-error.ts";
import {
  bundleFiles,
  type EnvironmentFiles,
  environmentRoots,
  refusedEntry,
} from "./environment-files.ts";

/**
 * Lists the environments of a working copy, sorted by name.
 *
 * @throws CommandError when the directory is not a configuration repository
 */
export async function environmentsOfWorkingCopy(directory: string): Promise<string[]> {
  const root = join(directory, "environments");
  if (!existsSync(root)) {
    throw new CommandError(
      `${root} does not exist. Give the path of a configuration repository, or create one with 'honua init honua-config'.`,
      EXIT.usage,
    );
  }
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== "common")
    .map(({ name }) => name)
    .sort();
}

/** Reads the files that the watcher would read from a commit of this working copy. */
export async function readWorkingCopy(
  directory: string,
  environment: string,
): Promise<EnvironmentFiles> {
  const rawFiles: { path: string; content: Uint8Array }[] = [];
  const refusedEntries: Problem[] = [];
  for (const root of environmentRoots(environment)) {
    if (!existsSync(join(directory, root))) continue;
    const entries = await readdir(join(directory, root), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name);
      const path = relative(directory, file).split(sep).join("/");
      if (entry.isSymbolicLink()) refusedEntries.push(refusedEntry(path, "symbolic link"));
      else if (entry.isFile()) rawFiles.push({ path, content: await readFile(file) });
    }
  }
  return bundleFiles(environment, rawFiles, refusedEntries);
}
