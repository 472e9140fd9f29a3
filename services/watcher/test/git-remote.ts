import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** A real bare repository, and a working copy that pushes to it. */
export interface GitRemote {
  readonly directory: string;
  /** Folder of the bare repository. */
  readonly bare: string;
  readonly url: string;
  write(path: string, content: string | Uint8Array): void;
  symlink(path: string, target: string): void;
  remove(path: string): void;
  /** Commits everything and pushes it; returns the commit. */
  push(message: string, options?: { branch?: string; force?: boolean }): string;
  git(...args: string[]): string;
  delete(): void;
}

/** No configuration of the machine reaches git, neither here nor in what is tested. */
const ISOLATED = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "Ana Sol",
  GIT_AUTHOR_EMAIL: "ana@example.com",
  GIT_COMMITTER_NAME: "Ben Rey",
  GIT_COMMITTER_EMAIL: "ben@example.com",
  LC_ALL: "C",
};

export function createGitRemote(): GitRemote {
  const directory = mkdtempSync(join(tmpdir(), "honua-watcher-"));
  const bare = join(directory, "config.git");
  const copy = join(directory, "copy");
  const run = (cwd: string, ...args: string[]) =>
    execFileSync("git", args, { cwd, env: ISOLATED, encoding: "utf8", stdio: "pipe" }).trim();
  run(directory, "-c", "init.defaultBranch=main", "init", "--quiet", "--bare", bare);
  run(bare, "config", "uploadpack.allowFilter", "true");
  run(directory, "-c", "init.defaultBranch=main", "init", "--quiet", copy);
  run(copy, "remote", "add", "origin", bare);
  const at = (path: string) => {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    return join(copy, path);
  };
  return {
    directory,
    bare,
    url: pathToFileURL(bare).href,
    write: (path, content) => writeFileSync(at(path), content),
    symlink: (path, target) => symlinkSync(target, at(path)),
    remove: (path) => rmSync(join(copy, path), { recursive: true }),
    push(message, { branch = "main", force = false } = {}) {
      run(copy, "add", "--all");
      run(copy, "commit", "--quiet", "--allow-empty", "--message", message);
      run(copy, "push", "--quiet", ...(force ? ["--force"] : []), "origin", `HEAD:${branch}`);
      return run(copy, "rev-parse", "HEAD");
    },
    git: (...args) => run(copy, ...args),
    delete: () => rmSync(directory, { recursive: true, force: true }),
  };
}
