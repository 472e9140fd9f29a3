import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { COMMIT_FORMAT, type CommitFacts, parseCommit } from "../content/commit.ts";
import { indexByFolder } from "../content/folder-index.ts";
import { parseTree, type TreeEntry } from "../content/tree.ts";
import { SIGNATURE_FORMAT, type SignatureFacts } from "../signatures/commit-signature.ts";
import { type Git, GitFailed } from "./git.ts";
import { parseContents, parseSizes } from "./object-batch.ts";
import { type Heads, parseHeads } from "./refs.ts";

/** Milliseconds for asking a remote for its branches. */
const LIST_MS = 30_000;
/** Milliseconds for a fetch that keeps showing progress. */
const FETCH_MS = 10 * 60_000;

/** Key in the configuration of a mirror that holds the content of every file. */
const FULL = "honua.full";
/** Git's first protocol, which an sshd that does not accept GIT_PROTOCOL falls back to. */
const NO_SINGLE_OBJECTS = /does not allow request for unadvertised object|not our ref/;

/** A bare partial mirror of one repository. Everything in it can be fetched again. */
export interface Mirror {
  readonly directory: string;
  /** Asks the remote where branches are; all of them when none is named. */
  remoteHeads(branches: readonly string[]): Promise<Heads>;
  /** Brings the commits and trees of these branches, and says where they are now. */
  fetch(branches: readonly string[], head: string): Promise<Heads>;
  localHeads(): Promise<Heads>;
  /** Every entry below these paths at a commit. */
  tree(commit: string, paths: readonly string[]): Promise<TreeEntry[]>;
  /** Brings the blobs below these paths that are not here yet, in one request. */
  fetchBlobs(commit: string, paths: readonly string[]): Promise<void>;
  sizes(ids: readonly string[]): Promise<Map<string, number>>;
  contents(ids: readonly string[]): Promise<Map<string, Buffer>>;
  commit(id: string): Promise<CommitFacts>;
  /** Has git check the signature of a commit against these keys. */
  signature(commit: string, keys: SignatureKeys): Promise<SignatureFacts>;
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
  /** What differs between two commits; undefined when the first is not here. */
  changedPaths(from: string, to: string): Promise<ChangedPaths | undefined>;
  /** Throws the mirror away; the next fetch makes it again. */
  discard(): Promise<void>;
}

/** Paths that differ between two commits. */
export interface ChangedPaths {
  count: number;
  below(roots: readonly string[]): string[];
}

/** Which keys a signature is checked against, as arguments for git. */
export interface SignatureKeys {
  all: readonly string[];
  withoutRevocation: readonly string[] | undefined;
  /** Changes when the keys do. */
  version: string;
}

/** @param mirrorsDirectory made with mode 0700 when absent; holds one mirror for each repository */
export function createMirror(options: { git: Git; url: string; mirrorsDirectory: string }): Mirror {
  const { git, url, mirrorsDirectory } = options;
  const directory = join(mirrorsDirectory, mirrorName(url));
  const text = (args: readonly string[], runOptions?: { input?: string; withinMs?: number }) =>
    git.text(directory, args, runOptions);

  async function prepare(head: string) {
    if (existsSync(join(directory, "HEAD"))) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const format = head.length === 64 ? "sha256" : "sha1";
    await text(["init", "--quiet", "--bare", `--object-format=${format}`]);
    await text(["config", "remote.origin.url", url]);
  }

  async function fetchBranches(branches: Iterable<string>, ...how: string[]) {
    const refspecs = [...branches].map((branch) => `+refs/heads/${branch}:refs/heads/${branch}`);
    const flags = ["--progress", "--no-tags", "--no-write-fetch-head", ...how];
    await text(["fetch", ...flags, "origin", ...refspecs], { withinMs: FETCH_MS });
  }

  /** Whether file contents come with the commits, since the server gives no single objects. */
  async function isFull(): Promise<boolean> {
    const answer = await text(["config", "--type=bool", "--default=false", "--get", FULL]);
    return answer.trim() === "true";
  }

  /** Fetches everything once more and for good: dear, but only once for each mirror. */
  async function becomeFull(branches: Iterable<string>) {
    await fetchBranches(branches, "--refetch", "--no-filter");
    await text(["config", FULL, "true"]);
  }

  return {
    directory,
    async remoteHeads(branches) {
      await mkdir(mirrorsDirectory, { recursive: true, mode: 0o700 });
      const refs = branches.map((branch) => `refs/heads/${branch}`);
      const args = ["ls-remote", "--heads", "--", url, ...refs];
      return parseHeads(await git.text(mirrorsDirectory, args, { withinMs: LIST_MS }));
    },
    async fetch(branches, head) {
      await prepare(head);
      await fetchBranches(branches, (await isFull()) ? "--no-filter" : "--filter=blob:none");
      return this.localHeads();
    },
    async localHeads() {
      if (!existsSync(join(directory, "HEAD"))) return new Map();
      return parseHeads(
        await text(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"]),
      );
    },
    async tree(commit, paths) {
      return parseTree(await text(["ls-tree", "-r", "-z", commit, "--", ...paths]));
    },
    async fetchBlobs(commit, paths) {
      // The tree, not the commit: rev-list leaves out a commit that did not change these paths.
      const listing = ["rev-list", "--objects", "--no-walk", "--missing=print"];
      const objects = await text([...listing, `${commit}^{tree}`, "--", ...paths]);
      const missing = objects.split("\n").filter((line) => line.startsWith("?"));
      if (missing.length === 0) return;
      // The command by which git itself fills a partial clone, but for all blobs at once.
      const fill = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--progress", "origin"];
      const flags = ["--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin"];
      const input = missing.map((line) => `${line.slice(1)}\n`).join("");
      try {
        await text([...fill, ...flags], { input, withinMs: FETCH_MS });
      } catch (error) {
        if (!(error instanceof GitFailed) || !NO_SINGLE_OBJECTS.test(error.stderr)) throw error;
        await becomeFull((await this.localHeads()).keys());
      }
    },
    async sizes(ids) {
      if (ids.length === 0) return new Map();
      return parseSizes(await text(["cat-file", "--batch-check"], { input: lines(ids) }));
    },
    async contents(ids) {
      if (ids.length === 0) return new Map();
      return parseContents(await git.catFile(directory, ["--batch"], { input: lines(ids) }));
    },
    async commit(id) {
      return parseCommit(await text(["show", "--no-patch", `--format=${COMMIT_FORMAT}`, id]));
    },
    async signature(commit, { all, withoutRevocation }) {
      const check = (keys: readonly string[]) =>
        text([...keys, "log", "-1", `--format=${SIGNATURE_FORMAT}`, commit, "--"]);
      return {
        raw: await text(["cat-file", "commit", commit]),
        checked: await check(all),
        checkedWithoutRevocation: withoutRevocation && (await check(withoutRevocation)),
      };
    },
    async isAncestor(ancestor, commit) {
      // A commit that is not here was not reachable from any head that was fetched.
      return text(["merge-base", "--is-ancestor", ancestor, commit]).then(
        () => true,
        () => false,
      );
    },
    async changedPaths(from, to) {
      const args = ["diff-tree", "-r", "-z", "--no-renames", "--name-only", from, to];
      const output = await text(args).catch(() => undefined);
      const paths = output?.split("\0").filter((path) => path !== "");
      return paths && { count: paths.length, below: indexByFolder(paths, (path) => path) };
    },
    discard: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A folder name that a person recognises and no two repositories share. */
function mirrorName(url: string): string {
  const last = url.replace(/\/+$/, "").split(/[/:]/).at(-1) ?? "";
  const readable = last.replace(/\.git$/, "").replaceAll(/[^A-Za-z0-9_-]/g, "-");
  const digest = createHash("sha256").update(url).digest("hex").slice(0, 12);
  return `${readable.slice(0, 40) || "repository"}-${digest}.git`;
}

function lines(ids: readonly string[]): string {
  return ids.map((id) => `${id}\n`).join("");
}
