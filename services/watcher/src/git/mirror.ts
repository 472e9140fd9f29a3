import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { BUNDLE_LIMITS } from "@honua/contracts";
import { COMMIT_FORMAT, type CommitFacts, parseCommit } from "../content/commit-facts.ts";
import { indexByFolder } from "../content/folder-index.ts";
import type { TreeEntry } from "../content/tree-entries.ts";
import { createTreeListing, rootOf } from "../content/tree-listing.ts";
import { SIGNATURE_FORMAT, type SignatureFacts } from "../signatures/commit-signature.ts";
import { type Heads, parseHeads } from "./branch-heads.ts";
import { parseContents, parseSizes } from "./cat-file-output.ts";
import { type Git, GitFailed, type GitOptions } from "./git.ts";

/** Deadlines of the commands that wait for a remote, in milliseconds. */
export interface RemoteDeadlines {
  /** For the list of branches. */
  listMs: number;
  /** For a fetch that keeps showing progress. */
  fetchMs: number;
}
const REMOTE_DEADLINES: RemoteDeadlines = { listMs: 30_000, fetchMs: 10 * 60_000 };
/**
 * Milliseconds for the list of files at a commit. Trees that repeat one another can describe more
 * folders than any disk holds.
 */
const TREE_MS = 20_000;
/** Milliseconds for packing the objects of a mirror. */
const MAINTENANCE_MS = 10 * 60_000;

/** Number of loose objects at which maintenance packs a mirror; half of the default of git. */
const LOOSE_OBJECTS = 3_000;

/** Bytes of changed paths that are read, about 80 000 paths. */
const CHANGED_PATHS_LIMIT = 4 * 1024 * 1024;

/** Configuration key of a mirror that contains every file, not only commits and trees. */
const FULL_KEY = "honua.full";
/** Errors of git protocol 0, which is used if sshd does not accept GIT_PROTOCOL. */
const NO_SINGLE_OBJECTS = /does not allow request for unadvertised object|not our ref/;

/** A bare partial clone of one repository. Everything in it can be fetched again. */
export interface Mirror {
  readonly directory: string;
  /** Reads the heads of these branches from the remote; of all branches if the list is empty. */
  remoteHeads(branches: readonly string[]): Promise<Heads>;
  /** Fetches the commits and trees of these branches. @returns their heads after the fetch */
  fetch(branches: readonly string[], head: string): Promise<Heads>;
  localHeads(): Promise<Heads>;
  /**
   * The entries below these folders at a commit. A folder with more files than a bundle may have is
   * listed up to the first file above that limit.
   */
  tree(commit: string, paths: readonly string[]): Promise<TreeEntry[]>;
  /** Fetches the missing blobs below these folders in one request. */
  fetchBlobs(commit: string, paths: readonly string[]): Promise<void>;
  sizes(ids: readonly string[]): Promise<Map<string, number>>;
  contents(ids: readonly string[]): Promise<Map<string, Buffer>>;
  commit(id: string): Promise<CommitFacts>;
  /** Checks the signature of a commit against these keys with git. */
  signature(commit: string, keys: SignatureKeys): Promise<SignatureFacts>;
  isAncestor(ancestor: string, commit: string): Promise<boolean>;
  /** The paths that differ between two commits; undefined if the first is missing or too much differs. */
  changedPaths(from: string, to: string): Promise<ChangedPaths | undefined>;
  /** Packs loose objects if there are many. Runs beside reads and fetches. */
  maintain(): Promise<void>;
  /** Deletes the mirror; the next fetch creates it again. */
  discard(): Promise<void>;
}

/** Paths that differ between two commits. */
export interface ChangedPaths {
  count: number;
  below(roots: readonly string[]): string[];
}

/** The keys for checking a signature, as arguments for git. */
export interface SignatureKeys {
  all: readonly string[];
  withoutRevocation: readonly string[] | undefined;
  /** Changes when the keys change. */
  version: string;
}

/** @param options.mirrorsDirectory created with mode 0700 if missing; has one mirror for each repository */
export function createMirror(options: {
  git: Git;
  url: string;
  mirrorsDirectory: string;
  deadlines?: RemoteDeadlines | undefined;
}): Mirror {
  const { git, url, mirrorsDirectory, deadlines = REMOTE_DEADLINES } = options;
  const directory = join(mirrorsDirectory, mirrorName(url));
  let maintenance: { abort: AbortController; done: Promise<unknown> } | undefined;
  const text = (args: readonly string[], runOptions?: GitOptions) =>
    git.text(directory, args, runOptions);

  async function prepare(head: string) {
    if (existsSync(join(directory, "HEAD"))) return;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const format = head.length === 64 ? "sha256" : "sha1";
    await text(["init", "--quiet", "--bare", `--object-format=${format}`]);
    await text(["config", "remote.origin.url", url]);
  }

  async function fetchBranches(branches: Iterable<string>, ...options: string[]) {
    const refspecs = [...branches].map((branch) => `+refs/heads/${branch}:refs/heads/${branch}`);
    const flags = ["--progress", "--no-tags", "--no-write-fetch-head", ...options];
    await text(["fetch", ...flags, "origin", ...refspecs], { deadlineMs: deadlines.fetchMs });
  }

  /** Whether file contents are fetched with the commits, because the server sends no single objects. */
  async function isFull(): Promise<boolean> {
    const value = await text(["config", "--type=bool", "--default=false", "--get", FULL_KEY]);
    return value.trim() === "true";
  }

  /** Converts the mirror to a full clone. Expensive, but it happens once. */
  async function convertToFull(branches: Iterable<string>) {
    await fetchBranches(branches, "--refetch", "--no-filter");
    await text(["config", FULL_KEY, "true"]);
  }

  return {
    directory,
    async remoteHeads(branches) {
      await mkdir(mirrorsDirectory, { recursive: true, mode: 0o700 });
      const refs = branches.map((branch) => `refs/heads/${branch}`);
      const args = ["ls-remote", "--heads", "--", url, ...refs];
      return parseHeads(await git.text(mirrorsDirectory, args, { deadlineMs: deadlines.listMs }));
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
      const end = performance.now() + TREE_MS;
      const overfull: TreeEntry[] = [];
      let remaining = [...paths];
      while (true) {
        const listing = createTreeListing(remaining, BUNDLE_LIMITS.files);
        const args = ["ls-tree", "-r", "-z", commit, "--", ...remaining];
        const deadlineMs = Math.max(1, end - performance.now());
        await git.stream(directory, args, listing.add, { deadlineMs });
        const root = listing.overfullRoot();
        if (root === undefined) return [...overfull, ...listing.entries()];
        // List the other folders again without this one, however large it is.
        const isInRoot = (entry: TreeEntry) => rootOf(entry.path, new Set([root])) === root;
        for (const entry of listing.entries().filter(isInRoot)) overfull.push(entry);
        remaining = remaining.filter((path) => path !== root);
        if (remaining.length === 0) return overfull;
      }
    },
    async fetchBlobs(commit, paths) {
      // List the tree, because rev-list omits a commit that did not change these paths.
      const listing = ["rev-list", "--objects", "--no-walk", "--missing=print"];
      const objects = await text([...listing, `${commit}^{tree}`, "--", ...paths]);
      const missing = objects.split("\n").filter((line) => line.startsWith("?"));
      if (missing.length === 0) return;
      // The command with which git fills a partial clone, but for all blobs at once.
      const fill = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--progress", "origin"];
      const flags = ["--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin"];
      const input = missing.map((line) => `${line.slice(1)}\n`).join("");
      try {
        await text([...fill, ...flags], { input, deadlineMs: deadlines.fetchMs });
      } catch (error) {
        if (!(error instanceof GitFailed) || !NO_SINGLE_OBJECTS.test(error.stderr)) throw error;
        await convertToFull((await this.localHeads()).keys());
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
      // Not `git show`, which compares the trees even if it prints no difference.
      return parseCommit(await text(["log", "-1", `--format=${COMMIT_FORMAT}`, id, "--"]));
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
      // A missing commit was not reachable from any fetched head.
      return text(["merge-base", "--is-ancestor", ancestor, commit]).then(
        () => true,
        () => false,
      );
    },
    async changedPaths(from, to) {
      const args = ["diff-tree", "-r", "-z", "--no-renames", "--name-only", from, to];
      const chunks: Buffer[] = [];
      let bytes = 0;
      const collect = (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        return bytes <= CHANGED_PATHS_LIMIT;
      };
      try {
        await git.stream(directory, args, collect);
      } catch {
        return undefined;
      }
      if (bytes > CHANGED_PATHS_LIMIT) return undefined;
      const output = Buffer.concat(chunks).toString("utf8");
      const paths = output.split("\0").filter((path) => path !== "");
      return { count: paths.length, below: indexByFolder(paths, (path) => path) };
    },
    async maintain() {
      if (!existsSync(join(directory, "HEAD"))) return;
      const abort = new AbortController();
      // No commit graph: git 2.39 never finishes writing one if commits have dates beyond 2^63.
      const settings = ["-c", `gc.auto=${LOOSE_OBJECTS}`, "-c", "gc.writeCommitGraph=false"];
      const done = text([...settings, "gc", "--auto", "--quiet"], {
        deadlineMs: MAINTENANCE_MS,
        signal: abort.signal,
      });
      maintenance = { abort, done };
      await done;
    },
    async discard() {
      maintenance?.abort.abort();
      await maintenance?.done.catch(() => undefined);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A recognisable folder name that is unique to the repository. */
function mirrorName(url: string): string {
  const last = url.replace(/\/+$/, "").split(/[/:]/).at(-1) ?? "";
  const readable = last.replace(/\.git$/, "").replaceAll(/[^A-Za-z0-9_-]/g, "-");
  const digest = createHash("sha256").update(url).digest("hex").slice(0, 12);
  return `${readable.slice(0, 40) || "repository"}-${digest}.git`;
}

function lines(ids: readonly string[]): string {
  return ids.map((id) => `${id}\n`).join("");
}
