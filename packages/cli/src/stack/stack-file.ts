import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { CommandFailed } from "../command-error.ts";

/** `stack.json` in the home of a local stack: how to reach everything in it while it runs. */
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
  pids: z.record(z.string(), z.array(z.number().int())).describe("by folder name of the service"),
});
export type StackFile = z.infer<typeof stackFile>;

const NAME = "stack.json";

/** Writes the file whole or not at all; readable by its owner only, since it holds the token. */
export async function writeStackFile(home: string, content: StackFile): Promise<void> {
  const path = join(home, NAME);
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(stackFile.parse(content), null, 2)}\n`, {
    mode: 0o600,
  });
  await rename(temporary, path);
}

export async function removeStackFile(home: string): Promise<void> {
  await rm(join(home, NAME), { force: true });
}

/** The stack of this home, or undefined when none runs. @throws CommandFailed when the file is damaged */
export async function readStackFile(home: string): Promise<StackFile | undefined> {
  const path = join(home, NAME);
  if (!existsSync(path)) return undefined;
  const parsed = stackFile.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (parsed.success) return parsed.data;
  throw new CommandFailed(
    `${path} is not a stack file of this version; start the stack again with 'honua up'`,
  );
}

/** The nearest `.honua` that holds a running stack, from `directory` upwards. */
export function findHome(directory: string): string | undefined {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    // The working copy lies inside the home, so a command given there finds its own stack.
    for (const home of [join(folder, ".honua"), folder]) {
      if (existsSync(join(home, NAME))) return home;
    }
    if (folder === dirname(folder)) return undefined;
  }
}
