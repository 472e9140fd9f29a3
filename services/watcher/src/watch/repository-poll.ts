import {
  type Clock,
  HonuaError,
  type Log,
  PermanentError,
  TransientError,
} from "@honua/service-kit";
import { type Heads, similarBranches } from "../git/branch-heads.ts";
import { GitFailed } from "../git/git.ts";
import { explainGitFailure, isMirrorBroken } from "../git/git-failure.ts";
import type { Mirror } from "../git/mirror.ts";
import type { Source } from "./source.ts";

/** Making a mirror again may move much data; what it does not heal must not repeat it all the time. */
const MAKE_AGAIN_EVERY_MS = 10 * 60_000;

/** A look at a repository: where its branches are, with all of them in the mirror. */
export interface RepositoryPoll {
  /** @throws HonuaError naming why the repository cannot be read */
  heads(): Promise<Heads>;
  /** Why a branch has no head. */
  explainMissing(branch: string): Promise<HonuaError>;
  /** Runs work on the mirror; a mirror that proves broken is made again, once. */
  reading<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** @param sources all of one repository */
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
  let madeAgainAt: number | undefined;
  let remote: Heads = new Map();

  const explained = (error: unknown) =>
    error instanceof GitFailed
      ? explainGitFailure(error, { repository, directory: mirror.directory })
      : error;

  async function fetchWhatMoved(): Promise<Heads> {
    local ??= await mirror.localHeads();
    const present = branches.filter((branch) => remote.has(branch));
    const moved = present.filter((branch) => local?.get(branch) !== remote.get(branch));
    const head = remote.get(moved[0] ?? "");
    // Where the branches are after the fetch, which may be further than the remote said before.
    if (head !== undefined) local = await mirror.fetch(present, head);
    const fetched = local;
    return new Map(present.map((branch) => [branch, fetched.get(branch) ?? ""]));
  }

  async function reading<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GitFailed) || !isMirrorBroken(error)) throw explained(error);
      const now = clock.now().getTime();
      if (madeAgainAt !== undefined && now - madeAgainAt < MAKE_AGAIN_EVERY_MS) {
        throw explained(error);
      }
      madeAgainAt = now;
      log.warn({ repository, stderr: error.stderr }, "The mirror is damaged; making it again");
    }
    try {
      await mirror.discard();
      local = undefined;
      await fetchWhatMoved();
      return await work();
    } catch (error) {
      throw explained(error);
    }
  }

  return {
    reading,
    async heads() {
      try {
        remote = await mirror.remoteHeads(branches);
      } catch (error) {
        throw explained(error);
      }
      return reading(fetchWhatMoved);
    },
    async explainMissing(branch) {
      let all: Heads;
      try {
        all = await mirror.remoteHeads([]);
      } catch (error) {
        const why = explained(error);
        return why instanceof HonuaError ? why : new TransientError("git-failed", String(why));
      }
      const data = { repository, branch };
      if (all.size === 0) {
        const message = `${repository} has no commit yet; push one to '${branch}'`;
        return new PermanentError("repository-empty", message, { data });
      }
      const similar = similarBranches(branch, all.keys());
      const hint =
        similar.length > 0 ? `; there is ${similar.map((b) => `'${b}'`).join(", ")}` : "";
      const message = `${repository} has no branch '${branch}'${hint}; create it or correct the configuration`;
      return new PermanentError("branch-missing", message, { data });
    },
  };
}
