import type { SourceStatus } from "@honua/contracts";
import type { Clock, HonuaError, Log } from "@honua/service-kit";
import { overduePoll, withOverduePoll } from "./overdue-poll.ts";
import type { Source } from "./source.ts";

/** How watching goes for one source, and the log lines when that changes. */
export interface StatusOfSource {
  current(): SourceStatus;
  /** Seconds since the last successful poll; undefined before the first. */
  ageSeconds(now: Date): number | undefined;
  succeeded(commit: string, at: Date): void;
  /** @param reached whether Git itself answered, so that only the content is at fault */
  failed(error: HonuaError, at: Date, reached: boolean): void;
  pollStarted(at: Date): void;
  nextPollAt(at: Date): void;
}

export function createSourceStatus(source: Source, log: Log, clock: Clock): StatusOfSource {
  const about = { environment: source.environment, branch: source.branch };
  let lastPoll: Date | undefined;
  let pollingSince: Date | undefined;
  let status: SourceStatus = {
    environment: source.environment,
    repository: source.repository.url,
    branch: source.branch,
    status: "Unknown",
    reason: "not polled yet",
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
    succeeded(commit, at) {
      if (status.code !== null) {
        log.info({ ...about, code: status.code }, `Watching '${source.environment}' is well again`);
      }
      lastPoll = at;
      status = {
        ...status,
        ...{ status: "Healthy", reason: null, code: null },
        commit,
        lastPoll: at.toISOString(),
      };
    },
    failed(error, at, reached) {
      // Each cause once; a person reads the log, and the status shows that it lasts.
      const line = `Watching '${source.environment}' failed: ${error.message}`;
      const details = { ...about, code: error.code, ...error.data };
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
    pollStarted(at) {
      pollingSince = at;
    },
    nextPollAt(at) {
      pollingSince = undefined;
      status = { ...status, nextPoll: at.toISOString() };
    },
  };
}
