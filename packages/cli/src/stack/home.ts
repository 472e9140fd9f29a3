import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CommandError } from "../command-error.ts";

/** Format version of the home. Increment it when a newer version cannot read the data. */
const FORMAT = 1;
/** Minimum free disk space: two databases with the sample data. */
const REQUIRED_BYTES = 500 * 1024 * 1024;

/** The folder with all data of one local stack. */
export interface StackHome {
  path: string;
  /** The operator's token, which stays the same across starts. */
  token: string;
  /** Removes the lock, so that another `honua up` can use this folder. */
  release(): Promise<void>;
}

/**
 * Creates or opens the home and locks it for this process.
 *
 * @param options.reset deletes an existing home first
 * @throws CommandError when another stack runs in it, its format is another one, or the disk is full
 */
export async function openStackHome(
  directory: string,
  options: { reset: boolean },
): Promise<StackHome> {
  const path = resolve(directory);
  if (options.reset) await resetHome(path);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(join(path, "lock"));
  try {
    await requireDiskSpace(path);
    await requireFormat(path);
    return {
      path,
      token: await readOrCreateToken(join(path, "token")),
      release: () => rm(lock, { force: true }),
    };
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

/** Deletes a home. Refuses to delete any other folder. */
async function resetHome(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const isHome = existsSync(join(path, "format"));
  if (!isHome && (await readdir(path)).length > 0) {
    throw new CommandError(
      `${path} is not the home of a local stack, so --reset does not delete it.`,
    );
  }
  await rm(await acquireLock(join(path, "lock")), { force: true });
  await rm(path, { recursive: true, force: true });
}

/**
 * Creates the lock file with our process id. Replaces the lock of a process that no longer runs.
 *
 * @returns the path of the lock file
 * @throws CommandError when the process of the lock still runs
 */
async function acquireLock(path: string): Promise<string> {
  for (;;) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => "0"));
    if (owner > 0 && isAlive(owner)) {
      throw new CommandError(
        `A stack already runs in this home (process ${owner}). Use it, stop it, or choose another folder with --home.`,
      );
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function requireDiskSpace(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= REQUIRED_BYTES) return;
  const free = Math.round((bavail * bsize) / 1024 / 1024);
  throw new CommandError(
    `The disk of ${path} has only ${free} MiB free, but a local stack needs 500 MiB. Free some space, or choose another folder with --home.`,
  );
}

async function requireFormat(path: string): Promise<void> {
  const file = join(path, "format");
  const found = existsSync(file) ? (await readFile(file, "utf8")).trim() : undefined;
  if (found === String(FORMAT)) return;
  if (found !== undefined) {
    throw new CommandError(
      `${path} was created by another version of Honua (format ${found}; this version needs ${FORMAT}). Delete its data with --reset, or choose another folder with --home.`,
    );
  }
  await writeFile(file, `${FORMAT}\n`);
}

async function readOrCreateToken(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const token = `honua_${randomBytes(24).toString("base64url")}`;
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
