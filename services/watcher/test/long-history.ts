import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";

/**
 * Fills a bare repository through `git fast-import`, which takes seconds where commits take hours:
 * `files` files, most of them in an environment that is not production, and then commits that touch
 * none of them.
 *
 * @returns once branch `main` is there
 */
export async function importLongHistory(
  bare: string,
  size: { commits: number; files: number },
): Promise<void> {
  const git = spawn("git", ["fast-import", "--quiet", "--done"], {
    cwd: bare,
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(git, "close");
  for (const text of commandsFor(size)) await write(git.stdin, text);
  git.stdin.end("done\n");
  const [code] = await ended;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function* commandsFor({ commits, files }: { commits: number; files: number }): Generator<string> {
  yield commit(1, "Initial configuration");
  yield file("environments/production/metadata.json", '{ "services": [] }\n');
  for (let i = 1; i < files; i++) {
    // A folder holds a hundred files; one that holds them all would be rewritten by each commit.
    const folder = `environments/staging/${Math.floor(i / 100)}`;
    yield file(`${folder}/layer-${i}.json`, `{ "id": "layer-${i}" }\n`);
  }
  for (let i = 2; i <= commits; i++) {
    yield commit(i, `Entry ${i}`) + file("docs/log.md", `${i}\n`);
  }
}

function commit(number: number, message: string): string {
  const committer = `committer Ben Rey <ben@example.com> ${1_700_000_000 + number} +0000`;
  return `commit refs/heads/main\n${committer}\n${data(message)}`;
}

const file = (path: string, content: string) => `M 100644 inline ${path}\n${data(content)}`;

const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;

async function write(stream: Writable, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, "drain");
}
