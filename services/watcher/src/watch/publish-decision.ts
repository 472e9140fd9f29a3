import type { EnvironmentOverview, WatchCursor } from "@honua/contracts";

/** The content of an environment at the head of its branch. */
export interface Head {
  environment: string;
  commit: string;
  treeHash: string;
}

/** The newest head that this process has examined. */
export interface KnownHead {
  commit: string;
  treeHash: string;
  /** Set from the publication of a commit until state confirms that it received the commit. */
  unconfirmed: { commit: string; at: Date; repeats: number } | undefined;
}

/** The cursor of the environment on the bus; revision 0 if there is none. */
export interface CursorEntry {
  value: WatchCursor | undefined;
  revision: number;
}

export type PublishDecision =
  /** State already has this content: only move the cursor. */
  | { action: "advance" }
  /** Another watcher, or this one before a restart, has just published the commit. */
  | { action: "adopt"; at: Date }
  /** Publish the commit under this message id. */
  | { action: "publish"; messageId: string };

/** Milliseconds for state to confirm a publication; doubled for each repeat. */
export const CONFIRM_WITHIN_MS = 60_000;
/** Repeats of a publication that state does not confirm. */
const MAX_REPEATS = 6;

/** Whether state already has this content: it is live, or the newest deployment deploys it. */
export function isKnownToState(
  situation: EnvironmentOverview,
  head: Head,
  published?: { commit: string; treeHash: string },
): boolean {
  const { live, latest, hold, blocked } = situation;
  // The message of this commit is a dead letter. Publishing the commit again would change nothing.
  if (blocked?.commit === head.commit) return true;
  // A manual rollback holds the environment until the head differs from the commit it replaced.
  if (hold) return hold.treeHash === head.treeHash || hold.commit === head.commit;
  const isLatest = latest?.treeHash === head.treeHash;
  if (live?.treeHash === head.treeHash && (latest === null || isLatest)) return true;
  if (!isLatest) return false;
  // The newest deployment may belong to an older commit with the same content, if the commits in
  // between did not touch this environment. The cursor shows that they did not.
  const sameContent = published?.treeHash === head.treeHash ? published.commit : undefined;
  return latest.commit === head.commit || latest.commit === sameContent;
}

/** Decides on the first head after the start of the process by comparing Git with state. */
export function decideAtStart(facts: {
  head: Head;
  cursor: CursorEntry;
  situation: EnvironmentOverview;
  startedAt: Date;
  now: Date;
}): PublishDecision {
  const { head, cursor, situation, startedAt, now } = facts;
  if (isKnownToState(situation, head, cursor.value)) return { action: "advance" };
  const at = publishedAt(head, cursor);
  if (!at) return publication(head, `r${cursor.revision}`);
  if (now.getTime() - at.getTime() < CONFIRM_WITHIN_MS) return { action: "adopt", at };
  // The commit was published long ago and state does not have it. A new message id keeps the
  // broker from dropping this publication as a duplicate.
  return publication(head, `start-${startedAt.getTime()}`);
}

/** Decides on a head that moved while the process was running. */
export function decideNewHead(facts: {
  head: Head;
  known: KnownHead;
  cursor: CursorEntry;
}): PublishDecision {
  const { head, known, cursor } = facts;
  if (known.treeHash === head.treeHash) return { action: "advance" };
  const at = publishedAt(head, cursor);
  return at ? { action: "adopt", at } : publication(head, `r${cursor.revision}`);
}

/** Whether state still has time to confirm a publication, so that it need not be called yet. */
export function isWithinConfirmationTime(
  { at, repeats }: NonNullable<KnownHead["unconfirmed"]>,
  now: Date,
): boolean {
  return now.getTime() - at.getTime() < CONFIRM_WITHIN_MS * 2 ** repeats;
}

/** Decides on a publication that state has not confirmed yet. */
export function decideUnconfirmed(facts: {
  head: Head;
  unconfirmed: NonNullable<KnownHead["unconfirmed"]>;
  situation: EnvironmentOverview;
  startedAt: Date;
  now: Date;
}):
  | { action: "confirmed" | "wait" | "stop-repeating" }
  | Extract<PublishDecision, { action: "publish" }> {
  const { head, unconfirmed, situation, startedAt, now } = facts;
  const published = { commit: unconfirmed.commit, treeHash: head.treeHash };
  if (isKnownToState(situation, head, published)) return { action: "confirmed" };
  const { lastDryRun } = situation;
  // A reconciler in dry-run mode plans the commit and opens no deployment.
  if (lastDryRun?.treeHash === head.treeHash && lastDryRun.commit === head.commit) {
    return { action: "confirmed" };
  }
  if (isWithinConfirmationTime(unconfirmed, now)) return { action: "wait" };
  if (unconfirmed.repeats >= MAX_REPEATS) return { action: "stop-repeating" };
  return publication(head, `again-${unconfirmed.repeats + 1}-${startedAt.getTime()}`);
}

/** Publishes a commit on request, even if nothing changed. */
export function forcedPublication(head: Head, requestId: string): PublishDecision {
  return publication(head, `force-${requestId}`);
}

/**
 * All watchers that see the same head derive the same message id, so that the broker keeps one
 * message. The id includes the revision of the cursor: a branch that goes from A to B and back to A
 * within the broker's deduplication window of two minutes gives three different ids.
 */
function publication(
  { environment, commit, treeHash }: Head,
  suffix: string,
): Extract<PublishDecision, { action: "publish" }> {
  const messageId = `commit-${environment}-${commit}-${treeHash.slice(0, 12)}-${suffix}`;
  return { action: "publish", messageId };
}

function publishedAt(head: Head, { value }: CursorEntry): Date | undefined {
  const matches = value?.commit === head.commit && value.treeHash === head.treeHash;
  return matches ? new Date(value.at) : undefined;
}
