import {
  type Clock,
  HonuaError,
  type Log,
  PermanentError,
  TransientError,
} from "@honua/service-kit";
import { type Heads, similarBranches } from "../git/branch-heads.ts";
import { GitFailed } from "../git/git.ts";
import { explainGitFailure, isMirrorDamaged } from "../git/git-failure.ts";
import type { Mirror } from "../git/mirror.ts";
import type { Source } from "./source.ts";

/** Rebuilding a mirror may transfer much data, so a failure that it does not fix must not repeat it. */
const REBUILD_EVERY_MS = 10 * 60_000;

/** One look at a repository and its mirror. */
export interface RepositoryPoll {
  /**
   * Reads the heads of the watched branches, and fetches them into the mirror.
   *
   * @throws HonuaError naming why the repository cannot be read
   */
  fetchHeads(): Promise<Heads>;
  /** Why a branch has no head. */
  explainMissingBranch(branch: string): Promise<HonuaError>;
  /** Runs work on the mirror. If the mirror is damaged, rebuilds it and runs the work once more. */
  withMirrorRepair<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** @param deps.sources all sources of one repository */
export function createRepositoryPoll(deps: {
  mirror: Mirror;
  sources: readonly Source[];
  clock: Clock;
  log: Log;
}): RepositoryPoll {
  const { mirror, clock, log } = deps;
  const repository = deps.sources[0]?.repository.url ?? "";
  const branches = [...new Set(deps.sources.map(({ branch }) => branch))];
  let local: Heads | undefined;
  let rebuiltAt: number | undefined;
  let remote: Heads = new Map();

  const explain = (error: unknown) =>
    error instanceof GitFailed
      ? explainGitFailure(error, { repository, directory: mirror.directory })
      : error;

  async function fetchMovedBranches(): Promise<Heads> {
    local ??= await mirror.localHeads();
    const present = branches.filter((branch) => remote.has(branch));
    const moved = present.filter((branch) => local?.get(branch) !== remote.get(branch));
    const head = remote.get(moved[0] ?? "");
    // A fetch may bring newer heads than `ls-remote` has just listed.
    if (head !== undefined) local = await mirror.fetch(present, head);
    const fetched = local;
    return new Map(present.map((branch) => [branch, fetched.get(branch) ?? ""]));
  }

  async function withMirrorRepair<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GitFailed) || !isMirrorDamaged(error)) throw explain(error);
      const now = clock.now().getTime();
      if (rebuiltAt !== undefined && now - rebuiltAt < REBUILD_EVERY_MS) throw explain(error);
      rebuiltAt = now;
      log.warn({ repository, stderr: error.stderr }, "The mirror is damaged; rebuilding it");
    }
    try {
      await mirror.discard();
      local = undefined;
      await fetchMovedBranches();
      return await work();
    } catch (error) {
      throw explain(error);
    }
  }

  async function explainMissingBranch(branch: string): Promise<HonuaError> {
    let heads: Heads;
    try {
      heads = await mirror.remoteHeads([]);
    } catch (error) {
      const reason = explain(error);
      return reason instanceof HonuaError
        ? reason
        : new TransientError("git-failed", String(reason));
    }
    const data = { repository, branch };
    if (heads.size === 0) {
      const message = `${repository} has no commits. Push one to '${branch}'.`;
      return new PermanentError("repository-empty", message, { data });
    }
    const similar = similarBranches(branch, heads.keys()).map((name) => `'${name}'`);
    const hint = similar.length > 0 ? ` Similar branches: ${similar.join(", ")}.` : "";
    const message = `${repository} has no branch '${branch}'.${hint} Create the branch or correct the configuration.`;
    return new PermanentError("branch-missing", message, { data });
  }

  return {
    async fetchHeads() {
      try {
        remote = await mirror.remoteHeads(branches);
      } catch (error) {
        throw explain(error);
      }
      return withMirrorRepair(fetchMovedBranches);
    },
    explainMissingBranch,
    withMirrorRepair,
  };
}
