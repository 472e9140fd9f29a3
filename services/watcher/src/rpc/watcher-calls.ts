import { randomUUID } from "node:crypto";
import { pollNow, watcherStatus } from "@honua/contracts";
import {
  type Bus,
  HonuaError,
  PermanentError,
  type Stop,
  TransientError,
} from "@honua/service-kit";
import type { PolledHead } from "../watch/poll-requests.ts";
import type { RepositoryWatch } from "../watch/repository-watch.ts";
import type { SourceStatusTracker } from "../watch/source-status.ts";

/** Serves `watcher.poll-now` and `watcher.status`. */
export function serveWatcherCalls(deps: {
  bus: Bus;
  /** The watch of the repository that feeds each environment. */
  repositories: ReadonlyMap<string, RepositoryWatch>;
  statuses: readonly SourceStatusTracker[];
}): Stop {
  const { bus, repositories, statuses } = deps;
  const stops = [
    bus.serve(pollNow, async ({ environment, force, dryRun, requestedBy }) => {
      const repository = repositories.get(environment);
      if (!repository) throw unknownEnvironment(environment, repositories.keys());
      if (dryRun) {
        const requestId = `dry-run-${randomUUID()}`;
        const plan = { environment, requestId, requestedBy };
        const results = await repository.pollNow({ trigger: "poll", dryRun: plan });
        const { commit } = polledHeadOf(environment, results.get(environment));
        return { commit, detected: true, requestId };
      }
      const request = force ? { force: environment } : {};
      const results = await repository.pollNow({ trigger: "poll", ...request });
      const { commit, outcome } = polledHeadOf(environment, results.get(environment));
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

function polledHeadOf(
  environment: string,
  result: PolledHead | HonuaError | undefined,
): PolledHead {
  if (result instanceof HonuaError) throw result;
  if (result) return result;
  throw new TransientError(
    "unavailable",
    `The watcher of '${environment}' is stopping. Try again.`,
  );
}

function unknownEnvironment(environment: string, watched: Iterable<string>): PermanentError {
  const names = [...watched].map((name) => `'${name}'`).join(", ");
  return new PermanentError(
    "not-found",
    `This watcher does not watch '${environment}', only ${names}. Check GitOps.Sources.`,
  );
}
