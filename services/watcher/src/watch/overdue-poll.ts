import type { SourceStatus } from "@honua/contracts";

/** Milliseconds after which a running poll is reported as slow. Asking a remote takes at most 30 s. */
export const SLOW_AFTER_MS = 90_000;
/** Milliseconds after which a running poll is reported as stuck: a fetch may take ten minutes. */
const STUCK_AFTER_MS = 12 * 60_000;
/** Milliseconds by which the start of a poll may be late. */
const LATE_AFTER_MS = 60_000;

/** Code of a source whose watch has stopped working; only a restart is known to help. */
export const POLL_OVERDUE = "poll-overdue";

type Finding = Pick<SourceStatus, "status" | "code" | "reason">;

/**
 * Judges whether polling makes progress. The result of the last poll alone would stay Healthy for
 * as long as the next poll hangs.
 *
 * @param pollingSince start of the poll that is running now; undefined between polls
 * @returns undefined if nothing is overdue
 */
export function overduePoll(facts: {
  pollingSince: Date | undefined;
  nextPoll: string | null;
  now: Date;
}): Finding | undefined {
  const { pollingSince, nextPoll, now } = facts;
  if (pollingSince) {
    const ranForMs = now.getTime() - pollingSince.getTime();
    const since = `A poll has been running since ${pollingSince.toISOString()}`;
    if (ranForMs > STUCK_AFTER_MS) {
      const reason = `${since}, which is longer than any poll may take. Restart the watcher.`;
      return { status: "Unhealthy", code: POLL_OVERDUE, reason };
    }
    if (ranForMs <= SLOW_AFTER_MS) return undefined;
    const reason = `${since}. Check the connection to the Git host.`;
    return { status: "Degraded", code: "poll-slow", reason };
  }
  if (nextPoll === null || now.getTime() - Date.parse(nextPoll) <= LATE_AFTER_MS) return undefined;
  const reason = `The poll due at ${nextPoll} has not started. Restart the watcher.`;
  return { status: "Unhealthy", code: POLL_OVERDUE, reason };
}

const SEVERITY: Partial<Record<SourceStatus["status"], number>> = { Degraded: 1, Unhealthy: 2 };

/** A status with the overdue poll in it, unless the status reports something at least as severe. */
export function withOverduePoll(status: SourceStatus, overdue: Finding | undefined): SourceStatus {
  const isWorse = (SEVERITY[overdue?.status ?? "Healthy"] ?? 0) > (SEVERITY[status.status] ?? 0);
  return overdue && isWorse ? { ...status, ...overdue } : status;
}
