import type { CommitInfo, CommitSignature, commitDetected } from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import type { CommitFacts } from "../content/commit-facts.ts";
import type { EnvironmentContent } from "../content/environment-content.ts";
import { environmentPaths } from "../content/tree-entries.ts";
import type { Mirror } from "../git/mirror.ts";
import type { Source } from "./source.ts";

/** The data of a `commit.detected` event, without the reference to the bundle. */
export type Detection = Omit<z.input<typeof commitDetected.data>, "bundle">;

/** Why a head is published. */
export interface DetectionReason {
  /** The last head before this one that is known; null if there is none. */
  previous: string | null;
  detectedBy: Detection["detectedBy"];
}

/** Changed paths in an event. The bundle has the whole content, so the list may be cut. */
const CHANGED_FILES_LIMIT = 1_000;

/** Describes a head for `commit.detected`, and logs it in the words of the runbook. */
export async function describeCommit(deps: {
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
  const changed = previousCommit && (await mirror.changedPaths(previousCommit, commit));
  // Without a known previous commit, every file counts as changed.
  const changedFiles = changed
    ? changed.below(environmentPaths(environment))
    : content.entries.map(({ path }) => path);
  const rewritten = previousCommit !== null && !(await mirror.isAncestor(previousCommit, commit));

  if (previousCommit !== null) {
    const line = `Detected new commit: ${shortId(previousCommit)} -> ${shortId(commit)}`;
    log.info({ commit, previousCommit }, line);
    log.info({ commit }, `Commit by: ${facts.author.name}`);
    log.info({ commit }, `Message: ${facts.message.split("\n", 1)[0]}`);
    log.info({ commit }, `Changed files: ${changed ? changed.count : changedFiles.length}`);
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

/** A commit in the form in which other services receive it. */
export function commitInfoOf(source: Source, facts: CommitFacts): CommitInfo {
  return { ...facts, repository: source.repository.url, branch: source.branch };
}

/** A commit id in the length that the log lines of the runbook use. */
function shortId(commit: string): string {
  return commit.slice(0, 6);
}
