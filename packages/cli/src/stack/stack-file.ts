import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { CommandError } from "../command-error.ts";

/** `stack.json` in the home of a running local stack: addresses, token and process ids. */
export const stackFile = z.object({
  version: z.string(),
  environment: z.string(),
  urls: z.object({
    gateway: z.url(),
    approvals: z.url(),
    state: z.url(),
    watcher: z.url(),
    reconciler: z.url(),
    operations: z.url().describe("metrics and health of the gateway, with reasons"),
  }),
  repository: z.string(),
  workingCopy: z.string().nullable(),
  token: z.string(),
  natsUrl: z.string(),
  databaseUrl: z.string(),
  gisDatabaseUrl: z.string(),
  pids: z.record(z.string(), z.array(z.number().int())).describe("process ids by service"),
});
export type StackFile = z.infer<typeof stackFile>;

const FILE_NAME = "stack.json";

/** Writes the stack file atomically. Only its owner can read it, because it contains the token. */
export async function writeStackFile(home: string, content: StackFile): Promise<void> {
  const path = join(home, FILE_NAME);
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(stackFile.parse(content), null, 2)}\n`, {
    mode: 0o600,
  });
  await rename(temporary, path);
}

export async function removeStackFile(home: string): Promise<void> {
  await rm(join(home, FILE_NAME), { force: true });
}

/**
 * Reads the stack file of a home.
 *
 * @returns undefined if no stack runs in this home
 * @throws CommandError when the file is from another version or damaged
 */
export async function readStackFile(home: string): Promise<StackFile | undefined> {
  const path = join(home, FILE_NAME);
  if (!existsSync(path)) return undefined;
  const parsed = stackFile.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (parsed.success) return parsed.data;
  throw new CommandError(
    `${path} is not a stack file of this version. Start the stack again with 'honua up'.`,
  );
}

/** Finds the nearest home of a running stack: `.honua` in `directory` or one of its parents. */
export function findStackHome(directory: string): string | undefined {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    // The working copy is inside the home, so that a command there finds its own stack.
    for (const home of [join(folder, ".honua"), folder]) {
      if (existsSync(join(home, FILE_NAME))) return home;
    }
    if (folder === dirname(folder)) return undefined;
  }
}
