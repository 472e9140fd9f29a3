import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentState } from "@honua/contracts";
import { type Log, messageOf } from "@honua/service-kit";

/** Writes state documents to files, for scripts that do not use the API. */
export interface StateFiles {
  /** Rewrites `<environment>.json`. Calls during a write are combined into one further write. */
  refresh(environment: string): void;
  /** Waits for the writes in progress. */
  settled(): Promise<void>;
}

/**
 * Creates the writer of `<environment>.json` files. Each file is replaced atomically and is readable
 * by its owner only.
 *
 * @param deps.directory undefined: no files are written
 */
export function createStateFiles(deps: {
  directory: string | undefined;
  read: (environment: string) => Promise<EnvironmentState>;
  log: Log;
}): StateFiles {
  const { directory, log } = deps;
  const writing = new Map<string, Promise<void>>();
  const stale = new Set<string>();

  const writeUntilFresh = async (into: string, environment: string) => {
    while (stale.delete(environment)) {
      try {
        await replaceFile(into, `${environment}.json`, await deps.read(environment));
      } catch (error) {
        log.warn(
          { err: error, environment },
          `Failed to write the state file of environment '${environment}': ${messageOf(error)}`,
        );
      }
    }
    writing.delete(environment);
  };

  return {
    refresh(environment) {
      if (directory === undefined) return;
      stale.add(environment);
      if (!writing.has(environment)) {
        writing.set(environment, writeUntilFresh(directory, environment));
      }
    },
    async settled() {
      await Promise.all(writing.values());
    },
  };
}

/** Writes a temporary file and renames it, so that readers never see a partial document. */
async function replaceFile(directory: string, name: string, document: unknown): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporaryPath = join(directory, `.${name}.${process.pid}.tmp`);
  await rm(temporaryPath, { force: true });
  const file = await open(temporaryPath, "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(document, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporaryPath, join(directory, name));
}
