import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createGit } from "../../src/git/git.ts";
import { gitEnvironment } from "../../src/git/git-environment.ts";
import { createMirror, type Mirror } from "../../src/git/mirror.ts";
import { createGitRemote, type GitRemote } from "../fixtures/git-remote.ts";
import { NO_CREDENTIALS, repositoryAt } from "../fixtures/running-watcher.ts";

let remote: GitRemote;
let mirror: Mirror;
let small: string;
let large: string;

beforeEach(async () => {
  remote = createGitRemote();
  remote.write("environments/production/metadata.json", "{}");
  small = remote.push("one");
  const { bareGit } = remote;
  const blob = bareGit(["rev-parse", "main:environments/production/metadata.json"]);
  const names = Array.from({ length: 100_000 }, (_, i) => String(i).padStart(60, "0"));
  const staging = bareGit(
    ["mktree"],
    names.map((name) => `100644 blob ${blob}\t${name}\n`).join(""),
  );
  const production = bareGit(["rev-parse", "main:environments/production"]);
  const environments = `040000 tree ${production}\tproduction\n040000 tree ${staging}\tstaging\n`;
  const root = bareGit(
    ["mktree"],
    `040000 tree ${bareGit(["mktree"], environments)}\tenvironments\n`,
  );
  large = remote.commitTree(root);

  const mirrorsDirectory = join(remote.directory, "mirrors");
  const environment = gitEnvironment({
    repository: repositoryAt(remote.url),
    credentials: NO_CREDENTIALS,
    mirrorsDirectory,
    surroundings: { PATH: process.env.PATH },
  });
  const git = createGit({ environment, stop: new AbortController().signal });
  mirror = createMirror({ git, url: remote.url, mirrorsDirectory });
  await mirror.fetch(["main"], large);
});
afterEach(() => remote.delete());

test("lists one file above the limit of a folder with 100 000 files, and other folders completely", async () => {
  for (const folders of [
    ["environments/staging", "environments/production"],
    ["environments/production", "environments/staging"],
  ]) {
    const entries = await mirror.tree(large, folders);
    const inFolder = Map.groupBy(entries, ({ path }) => path.split("/")[1]);
    expect(inFolder.get("staging")).toHaveLength(2_001);
    expect(inFolder.get("production")).toHaveLength(1);
  }
});

test("does not list the paths of a commit that changes 100 000 files", async () => {
  expect(await mirror.changedPaths(small, large)).toBeUndefined();
  expect((await mirror.changedPaths(small, small))?.count).toBe(0);
});
