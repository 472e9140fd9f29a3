import type { SourceStatus } from "@honua/contracts";
import type { Clock, HonuaError, Log } from "@honua/service-kit";
import { overduePoll, withOverduePoll } from "./overdue-poll.ts";
import type { Source } from "./source.ts";

/** Tracks the status of one source, and logs when it changes. */
export interface SourceStatusTracker {
  current(): SourceStatus;
  /** Seconds since the last successful poll; undefined before the first. */
  ageSeconds(now: Date): number | undefined;
  recordPollStart(at: Date): void;
  recordSuccess(commit: string, at: Date): void;
  /** @param reached whether Git itself responded, so that only the content is at fault */
  recordFailure(error: HonuaError, at: Date, reached: boolean): void;
  recordNextPoll(at: Date): void;
}

export function createSourceStatusTracker(
  source: Source,
  log: Log,
  clock: Clock,
): SourceStatusTracker {
  const { environment, branch } = source;
  let lastPoll: Date | undefined;
  let pollingSince: Date | undefined;
  let status: SourceStatus = {
    environment,
    repository: source.repository.url,
    branch,
    status: "Unknown",
    reason: "Not polled yet.",
    code: null,
    commit: null,
    lastPoll: null,
    nextPoll: null,
  };

  return {
    current() {
      const { nextPoll } = status;
      return withOverduePoll(status, overduePoll({ pollingSince, nextPoll, now: clock.now() }));
    },
    ageSeconds: (now) => lastPoll && (now.getTime() - lastPoll.getTime()) / 1_000,
    recordPollStart(at) {
      pollingSince = at;
    },
    recordSuccess(commit, at) {
      const { code } = status;
      if (code !== null) {
        log.info({ environment, branch, code }, `Watching '${environment}' recovered`);
      }
      lastPoll = at;
      status = {
        ...status,
        ...{ status: "Healthy", reason: null, code: null },
        commit,
        lastPoll: at.toISOString(),
      };
    },
    recordFailure(error, at, reached) {
      const line = `Watching '${environment}' failed: ${error.message}`;
      const details = { environment, branch, code: error.code, ...error.data };
      // Each cause is logged once; the status shows how long it lasts.
      if (status.code === error.code) log.debug(details, line);
      else if (error.kind === "permanent") log.error(details, line);
      else log.warn(details, line);
      if (reached) lastPoll = at;
      status = {
        ...status,
        status: error.kind === "permanent" ? "Unhealthy" : "Degraded",
        reason: error.message,
        code: error.code,
        ...(reached ? { lastPoll: at.toISOString() } : {}),
      };
    },
    recordNextPoll(at) {
      pollingSince = undefined;
      status = { ...status, nextPoll: at.toISOString() };
    },
  };
}
