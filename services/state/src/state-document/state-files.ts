import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EnvironmentState } from "@honua/contracts";
import { type Log, messageOf } from "@honua/service-kit";

/** The state documents as files, for scripts that read them instead of the API. */
export interface StateFiles {
  /** Writes `<environment>.json` anew; calls while one is being written become one. */
  refresh(environment: string): void;
  /** Waits for the writes under way. */
  settled(): Promise<void>;
}

/**
 * Keeps `<environment>.json` in `directory`, replaced as a whole and readable by the owner only.
 *
 * @param deps.directory undefined: no files are kept
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
          `Could not write the state file of '${environment}': ${messageOf(error)}`,
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

/** Written next to its place and renamed into it, so that nobody ever reads half a document. */
async function replaceFile(directory: string, name: string, document: unknown): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = join(directory, `.${name}.${process.pid}.tmp`);
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(document, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(directory, name));
}
