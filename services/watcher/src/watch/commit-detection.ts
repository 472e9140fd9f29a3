import type { CommitInfo, CommitSignature, commitDetected } from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import type { CommitFacts } from "../content/commit-facts.ts";
import type { EnvironmentContent } from "../content/environment-content.ts";
import { environmentPaths } from "../content/tree-entries.ts";
import type { Mirror } from "../git/mirror.ts";
import type { Source } from "./source.ts";

/** What is handed over, apart from where the bundle will lie. */
export type Detection = Omit<z.input<typeof commitDetected.data>, "bundle">;

/** Why a head is handed over. */
export interface DetectionReason {
  /** Head before this one, as far as anybody knows. */
  previous: string | null;
  detectedBy: Detection["detectedBy"];
}

/** Most changed paths that a message lists; the bundle has the whole content anyway. */
const CHANGED_FILES_LIMIT = 1_000;

/** Describes a head for those downstream, and tells the log in the runbook's words. */
export async function describeDetection(deps: {
  mirror: Mirror;
  source: Source;
  content: EnvironmentContent;
  reason: DetectionReason;
  signature: CommitSignature | undefined;
  log: Log;
}): Promise<Detection> {
  const { mirror, source, content, reason, signature, log } = deps;
  const { environment } = source;
  const { commit, treeHash } = content;
  const previousCommit = reason.previous === commit ? null : reason.previous;
  const facts = await mirror.commit(commit);
  const known = previousCommit && (await mirror.changedPaths(previousCommit, commit));
  // Without a known commit before it, everything there is counts as changed.
  const changedFiles = known
    ? known.below(environmentPaths(environment))
    : content.entries.map(({ path }) => path);
  const rewritten = previousCommit !== null && !(await mirror.isAncestor(previousCommit, commit));

  if (previousCommit !== null) {
    const line = `Detected new commit: ${short(previousCommit)} -> ${short(commit)}`;
    log.info({ commit, previousCommit }, line);
    log.info({ commit }, `Commit by: ${facts.author.name}`);
    log.info({ commit }, `Message: ${facts.message.split("\n", 1)[0]}`);
    log.info({ commit }, `Changed files: ${known ? known.count : changedFiles.length}`);
  }
  const relevant = `Found ${changedFiles.length} relevant files for environment '${environment}'`;
  log.info({ commit, files: content.entries.length }, relevant);
  if (rewritten) log.warn({ commit, previousCommit }, "The history of the branch was rewritten");

  return {
    commit: { ...commitInfoOf(source, facts), ...(signature ? { signature } : {}) },
    previousCommit,
    treeHash,
    changedFiles: changedFiles.slice(0, CHANGED_FILES_LIMIT),
    historyRewritten: rewritten,
    forced: reason.detectedBy === "sync",
    detectedBy: reason.detectedBy,
  };
}

/** A commit as others are told of it. */
export function commitInfoOf(source: Source, facts: CommitFacts): CommitInfo {
  return { ...facts, repository: source.repository.url, branch: source.branch };
}

/** A commit id as the runbook's log shows it. */
function short(commit: string): string {
  return commit.slice(0, 6);
}
