import { randomUUID } from "node:crypto";
import { ERROR_CODES, pollNow, watcherStatus } from "@honua/contracts";
import {
  type Bus,
  HonuaError,
  PermanentError,
  type Stop,
  TransientError,
} from "@honua/service-kit";
import type { PollAnswer, RepositoryWatch } from "../watch/repository-watch.ts";
import type { StatusOfSource } from "../watch/source-status.ts";

/** Answers `watcher.poll-now` and `watcher.status`. */
export function serveCalls(deps: {
  bus: Bus;
  /** The repository that feeds each environment. */
  repositories: ReadonlyMap<string, RepositoryWatch>;
  statuses: readonly StatusOfSource[];
}): Stop {
  const { bus, repositories, statuses } = deps;
  const stops = [
    bus.serve(pollNow, async ({ environment, force, dryRun, requestedBy }) => {
      const repository = repositories.get(environment);
      if (!repository) throw unknownEnvironment(environment, repositories.keys());
      if (dryRun) {
        const requestId = `dry-run-${randomUUID()}`;
        const wanted = { environment, requestId, requestedBy };
        const answers = await repository.pollNow({ trigger: "poll", dryRun: wanted });
        const { commit } = commitOf(environment, answers.get(environment));
        return { commit, detected: true, requestId };
      }
      const request = force ? { force: environment } : {};
      const answers = await repository.pollNow({ trigger: "poll", ...request });
      const { commit, outcome } = commitOf(environment, answers.get(environment));
      return { commit, detected: outcome === "handed-over" };
    }),
    bus.serve(watcherStatus, async () => ({
      sources: statuses.map((status) => status.current()),
    })),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function commitOf(environment: string, answer: PollAnswer | HonuaError | undefined): PollAnswer {
  if (answer instanceof HonuaError) throw answer;
  if (answer) return answer;
  throw new TransientError(
    ERROR_CODES.unavailable,
    `the watcher of '${environment}' is stopping; ask again`,
  );
}

function unknownEnvironment(environment: string, known: Iterable<string>): PermanentError {
  const names = [...known].map((name) => `'${name}'`).join(", ");
  return new PermanentError(
    ERROR_CODES.notFound,
    `this watcher does not watch '${environment}', only ${names}; see GitOps.Sources`,
  );
}
