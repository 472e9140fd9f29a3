import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { Problem } from "@honua/contracts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { bundleOf, environmentRoots, type ReadBundle, refusedEntry } from "./environment-files.ts";

/**
 * The environments of a working copy, by name.
 *
 * @throws CommandFailed when the directory is no configuration repository
 */
export async function environmentsOfTree(directory: string): Promise<string[]> {
  const root = join(directory, "environments");
  if (!existsSync(root)) {
    throw new CommandFailed(
      `${root} does not exist. Name the working copy of a configuration repository, or make one with 'honua init'.`,
      EXIT.usage,
    );
  }
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name !== "common")
    .map(({ name }) => name)
    .sort();
}

/** The same files that the watcher would take from a commit of this working copy. */
export async function readTree(directory: string, environment: string): Promise<ReadBundle> {
  const files: { path: string; content: Uint8Array }[] = [];
  const refused: Problem[] = [];
  for (const root of environmentRoots(environment)) {
    if (!existsSync(join(directory, root))) continue;
    const entries = await readdir(join(directory, root), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name);
      const path = relative(directory, file).split(sep).join("/");
      if (entry.isSymbolicLink()) refused.push(refusedEntry(path, "symbolic link"));
      else if (entry.isFile()) files.push({ path, content: await readFile(file) });
    }
  }
  return bundleOf(environment, files, refused);
}
