import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CommandFailed } from "../command-error.ts";

/** Grows when data of an older local stack can no longer be used. */
const FORMAT = 1;
/** What a local stack needs at the least: two databases with the sample data. */
const NEEDED_BYTES = 500 * 1024 * 1024;

/** The folder that holds everything of one local stack. */
export interface Home {
  path: string;
  /** The operator's token, kept across starts. */
  token: string;
  /** Lets another `honua up` use this folder. */
  release(): Promise<void>;
}

/**
 * Makes or opens the home, for this process alone.
 *
 * @throws CommandFailed when another stack runs in it, it is of another version, or the disk is full
 */
export async function openHome(directory: string, options: { reset: boolean }): Promise<Home> {
  const path = resolve(directory);
  if (options.reset) await resetHome(path);
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = await takeLock(join(path, "lock"));
  try {
    await checkSpace(path);
    await checkFormat(path);
    return {
      path,
      token: await keepToken(join(path, "token")),
      release: () => rm(lock, { force: true }),
    };
  } catch (error) {
    await rm(lock, { force: true });
    throw error;
  }
}

/** Removes a home; refuses a folder that is something else. */
async function resetHome(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const isHome = existsSync(join(path, "format"));
  if (!isHome && (await readdir(path)).length > 0) {
    throw new CommandFailed(
      `${path} is not the home of a local stack; --reset does not remove it.`,
    );
  }
  await rm(await takeLock(join(path, "lock")), { force: true });
  await rm(path, { recursive: true, force: true });
}

/** A lock file with our process id, created exclusively; one whose process is gone is taken over. */
async function takeLock(path: string): Promise<string> {
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
      throw new CommandFailed(
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

async function checkSpace(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= NEEDED_BYTES) return;
  const free = Math.round((bavail * bsize) / 1024 / 1024);
  throw new CommandFailed(
    `The disk that holds ${path} has only ${free} MiB free; a local stack needs 500 MiB. Free some, or choose another folder with --home.`,
  );
}

async function checkFormat(path: string): Promise<void> {
  const file = join(path, "format");
  const found = existsSync(file) ? (await readFile(file, "utf8")).trim() : undefined;
  if (found === String(FORMAT)) return;
  if (found !== undefined) {
    throw new CommandFailed(
      `${path} was made by another version of Honua (format ${found}, this one needs ${FORMAT}). Start afresh with --reset, which removes its data, or choose another folder with --home.`,
    );
  }
  await writeFile(file, `${FORMAT}\n`);
}

async function keepToken(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const token = `honua_${randomBytes(24).toString("base64url")}`;
  await writeFile(file, `${token}\n`, { mode: 0o600 });
  return token;
}
