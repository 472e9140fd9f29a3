import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { BUNDLE_LIMITS } from "@honua/contracts";
import { createByteBudget } from "../../services/watcher/src/content/byte-budget.ts";
import { listContent, withBundle } from "../../services/watcher/src/content/environment-content.ts";
import { createGit } from "../../services/watcher/src/git/git.ts";
import { gitEnvironment } from "../../services/watcher/src/git/git-environment.ts";
import { createMirror } from "../../services/watcher/src/git/mirror.ts";
import { createGitRemote } from "../../services/watcher/test/fixtures/git-remote.ts";
import { importLongHistory } from "../../services/watcher/test/fixtures/long-history.ts";
import {
  NO_CREDENTIALS,
  repositoryAt,
} from "../../services/watcher/test/fixtures/running-watcher.ts";
import { percentile, summarise } from "../statistics.ts";

/**
 * Measures a poll without a new commit, and a poll with a commit for the environment, in a repository with
 * 100 000 commits and 10 000 files. The floor of the same run is Git alone: `ls-remote`, and a fetch into a
 * plain mirror.
 *
 *   node bench/watcher/main.ts [commits]
 */
const run = promisify(execFile);
const commits = Number(process.argv[2] ?? 20);
const print = (line: string) => process.stdout.write(`${line}\n`);
const remote = createGitRemote();
try {
  await measure();
} finally {
  remote.delete();
}

async function measure() {
  await importLongHistory(remote.bare, { commits: 100_000, files: 10_000 });
  remote.git("fetch", "--quiet", "--depth=1", remote.url, "main");
  remote.git("reset", "--quiet", "--hard", "FETCH_HEAD");
  const mirrorsDirectory = join(remote.directory, "mirrors");
  const environment = gitEnvironment({
    repository: repositoryAt(remote.url),
    credentials: NO_CREDENTIALS,
    mirrorsDirectory,
    surroundings: { PATH: process.env.PATH },
  });
  const git = createGit({ environment, stop: new AbortController().signal });
  const mirror = createMirror({ git, url: remote.url, mirrorsDirectory });
  const plain = join(remote.directory, "plain.git");
  await run("git", ["clone", "--quiet", "--mirror", remote.url, plain]);

  /** Polls like the watcher, up to the bundle. */
  async function poll(known: string | undefined): Promise<string> {
    const head = (await mirror.remoteHeads(["main"])).get("main") ?? "";
    if (head === known) return head;
    await mirror.fetch(["main"], head);
    const content = await listContent(mirror, "production", head);
    await withBundle(mirror, content, createByteBudget(BUNDLE_LIMITS.bytes), async () => undefined);
    return head;
  }

  const firstPoll = await timed(() => poll(undefined));
  print(`first poll, including the creation of the mirror: ${(firstPoll / 1_000).toFixed(1)} s`);
  const samples = { idle: [], lsRemote: [], news: [], fetch: [] } as Record<string, number[]>;
  const record = async (name: string, work: () => Promise<unknown>) =>
    samples[name]?.push(await timed(work));
  let head = remote.git("rev-parse", "HEAD");
  for (let i = 1; i <= commits; i++) {
    await record("idle", () => poll(head));
    await record("lsRemote", () => run("git", ["ls-remote", "--heads", remote.url, "main"]));
    remote.write("environments/production/metadata.json", `{ "v": ${i} }`);
    const previous = head;
    head = remote.push(`Change ${i}`);
    await record("news", () => poll(previous));
    await record("fetch", () => run("git", ["fetch", "--quiet", "origin"], { cwd: plain }));
  }
  compare("poll without a new commit", samples.idle, "git ls-remote", samples.lsRemote);
  compare("poll with a commit, up to the bundle", samples.news, "git fetch", samples.fetch);
}

function compare(name: string, ours: number[] = [], floorName: string, floor: number[] = []) {
  print(`${name}: ${summarise(ours)}`);
  print(`${floorName}: ${summarise(floor)}`);
  print(`ratio at p50: ${(percentile(ours, 0.5) / percentile(floor, 0.5)).toFixed(1)}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
