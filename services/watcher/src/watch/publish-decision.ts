import type { EnvironmentSituation, WatchCursor } from "@honua/contracts";

/** What the watcher found in Git. */
export interface Head {
  environment: string;
  commit: string;
  treeHash: string;
}

/** What this watcher knows of an environment since it started. */
export interface Known {
  commit: string;
  treeHash: string;
  /** Set while state has not shown yet that it knows of the hand-over. */
  unconfirmed: { commit: string; at: Date; repeats: number } | undefined;
}

/** The cursor of the environment on the bus; revision 0 when there is none. */
export interface CursorSeen {
  value: WatchCursor | undefined;
  revision: number;
}

export type Decision =
  /** The content is known downstream: only move the cursor. */
  | { action: "advance" }
  /** Another watcher, or this one before a restart, has just handed it over. */
  | { action: "adopt"; at: Date }
  /** Publish, under this message id. */
  | { action: "hand-over"; messageId: string };

/** Milliseconds within which state is expected to know of a hand-over; doubles with each repeat. */
export const CONFIRM_WITHIN_MS = 60_000;
/** Repeats of a hand-over that state does not confirm. */
const MOST_REPEATS = 6;

/** Whether state knows of this content: it is live, or the newest deployment is about it. */
export function stateKnows(
  situation: EnvironmentSituation,
  head: Head,
  handedOver?: { commit: string; treeHash: string },
): boolean {
  const { live, latest, hold, blocked } = situation;
  // It was given up: handing it over again would change nothing.
  if (blocked?.commit === head.commit) return true;
  // After a manual rollback only what it went away from is known; any other head ends the hold.
  if (hold) return hold.treeHash === head.treeHash || hold.commit === head.commit;
  const isLatest = latest?.treeHash === head.treeHash;
  if (live?.treeHash === head.treeHash && (latest === null || isLatest)) return true;
  if (!isLatest) return false;
  // The newest deployment may be of an older commit with the same content, when the commits
  // since then did not touch this environment. The cursor is what remembers that they did not.
  const sameContent = handedOver?.treeHash === head.treeHash ? handedOver.commit : undefined;
  return latest.commit === head.commit || latest.commit === sameContent;
}

/** The first look at an environment since the process started: compare Git with state. */
export function decideAtStart(facts: {
  head: Head;
  cursor: CursorSeen;
  situation: EnvironmentSituation;
  startedAt: Date;
  now: Date;
}): Decision {
  const { head, cursor, situation, startedAt, now } = facts;
  if (stateKnows(situation, head, cursor.value)) return { action: "advance" };
  const at = handedOverAt(head, cursor);
  if (!at) return handOver(head, `r${cursor.revision}`);
  if (now.getTime() - at.getTime() < CONFIRM_WITHIN_MS) return { action: "adopt", at };
  // It was handed over long ago and state does not know: this must not be taken for a duplicate.
  return handOver(head, `start-${startedAt.getTime()}`);
}

/** The head moved while the process ran. */
export function decideOnNewHead(facts: { head: Head; known: Known; cursor: CursorSeen }): Decision {
  const { head, known, cursor } = facts;
  if (known.treeHash === head.treeHash) return { action: "advance" };
  const at = handedOverAt(head, cursor);
  return at ? { action: "adopt", at } : handOver(head, `r${cursor.revision}`);
}

/** Whether it is too early to wonder that state did not confirm a hand-over: it need not be asked. */
export function isPatient({ at, repeats }: NonNullable<Known["unconfirmed"]>, now: Date): boolean {
  return now.getTime() - at.getTime() < CONFIRM_WITHIN_MS * 2 ** repeats;
}

/** A hand-over that state did not confirm yet: wait, repeat it, or let it be. */
export function decideUnconfirmed(facts: {
  head: Head;
  unconfirmed: NonNullable<Known["unconfirmed"]>;
  situation: EnvironmentSituation;
  startedAt: Date;
  now: Date;
}): { action: "confirmed" | "wait" | "give-up" } | Extract<Decision, { action: "hand-over" }> {
  const { head, unconfirmed, situation, startedAt, now } = facts;
  const handedOver = { commit: unconfirmed.commit, treeHash: head.treeHash };
  if (stateKnows(situation, head, handedOver)) return { action: "confirmed" };
  const { lastDryRun } = situation;
  // A server that only plans has planned it; that is all there will be.
  if (lastDryRun?.treeHash === head.treeHash && lastDryRun.commit === head.commit) {
    return { action: "confirmed" };
  }
  if (isPatient(unconfirmed, now)) return { action: "wait" };
  if (unconfirmed.repeats >= MOST_REPEATS) return { action: "give-up" };
  return handOver(head, `again-${unconfirmed.repeats + 1}-${startedAt.getTime()}`);
}

/** Handing over although nothing changed, because somebody asked for it. */
export function forcedHandover(head: Head, requestId: string): Decision {
  return handOver(head, `force-${requestId}`);
}

/**
 * The same id from every watcher that sees the same thing, so that the broker keeps one message.
 * The revision of the cursor is part of it: going A → B → A within the broker's memory of two
 * minutes is three different messages.
 */
function handOver(
  { environment, commit, treeHash }: Head,
  suffix: string,
): Extract<Decision, { action: "hand-over" }> {
  const messageId = `commit-${environment}-${commit}-${treeHash.slice(0, 12)}-${suffix}`;
  return { action: "hand-over", messageId };
}

function handedOverAt(head: Head, { value }: CursorSeen): Date | undefined {
  const matches = value?.commit === head.commit && value.treeHash === head.treeHash;
  return matches ? new Date(value.at) : undefined;
}
