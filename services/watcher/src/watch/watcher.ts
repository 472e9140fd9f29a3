import { setTimeout } from "node:timers/promises";
import {
  type Bus,
  type Clock,
  type Log,
  type Service,
  type Stop,
  systemClock,
} from "@honua/service-kit";
import { createByteBudget } from "../content/byte-budget.ts";
import { environmentPaths } from "../content/tree-entries.ts";
import { batchReads } from "../git/batched-reads.ts";
import { cacheCommits } from "../git/commit-cache.ts";
import type { Git } from "../git/git.ts";
import { createMirror, type Mirror, type RemoteDeadlines } from "../git/mirror.ts";
import type { RepositoryUrl } from "../git/repository-url.ts";
import { createWatcherMetrics } from "../metrics.ts";
import { serveWatcherCalls } from "../rpc/watcher-calls.ts";
import { noVerification, type SignaturePolicy } from "../signatures/signature-policy.ts";
import { createDownstream } from "./downstream.ts";
import { EnvironmentWatch } from "./environment-watch.ts";
import { createMirrorMaintenance } from "./mirror-maintenance.ts";
import { createRepositoryPoll } from "./repository-poll.ts";
import { RepositoryWatch } from "./repository-watch.ts";
import { groupByRepository, type Source } from "./source.ts";
import { createSourceStatusTracker, type SourceStatusTracker } from "./source-status.ts";

/** Milliseconds that a running poll has to finish when the service stops, before git is ended. */
const FINISH_WITHIN_MS = 2_000;
/** Milliseconds after which stopping no longer waits for a poll, such as one that waits for state. */
const STOP_WITHIN_MS = 2_800;

/** Bytes of all bundles in memory: a few of the largest bundles, or many of the usual size. */
const BUNDLE_BYTES = 48 * 1024 * 1024;

export interface WatcherDeps {
  sources: readonly Source[];
  /** Folder of the mirrors; created with mode 0700 if it does not exist. */
  mirrorsDirectory: string;
  /** Git for one repository, which ends its commands when the signal aborts. */
  git: (repository: RepositoryUrl, stop: AbortSignal) => Git;
  /** Which commits may be published. Default: all. */
  signatures?: SignaturePolicy;
  bus: Bus;
  log: Log;
  clock?: Clock;
  random?: () => number;
  /** Deadlines of git's requests to the remote. */
  deadlines?: RemoteDeadlines;
}

export interface Watcher extends Service {
  readonly statuses: readonly SourceStatusTracker[];
  /** Polls every repository soon, for example after a webhook. */
  requestPoll(): void;
}

/** Follows branches of Git repositories and publishes commits that change an environment. */
export function createWatcher(deps: WatcherDeps): Watcher {
  const { sources, mirrorsDirectory, bus, log, clock = systemClock, random = Math.random } = deps;
  const { signatures = noVerification } = deps;
  const stopGit = new AbortController();
  const startedAt = clock.now();
  const byteBudget = createByteBudget(BUNDLE_BYTES);
  const downstream = createDownstream(bus);
  const statuses: SourceStatusTracker[] = [];
  const watchOf = new Map<string, RepositoryWatch>();
  const mirrors: Mirror[] = [];
  const metrics = createWatcherMetrics(() =>
    statuses.flatMap((status) => {
      const seconds = status.ageSeconds(clock.now());
      return seconds === undefined ? [] : [{ environment: status.current().environment, seconds }];
    }),
  );

  function watchRepository(repository: RepositoryUrl, group: readonly Source[]): RepositoryWatch {
    const git = deps.git(repository, stopGit.signal);
    const paths = group.flatMap(({ environment }) => environmentPaths(environment));
    const { url } = repository;
    const { deadlines } = deps;
    const readable = batchReads(createMirror({ git, url, mirrorsDirectory, deadlines }));
    const mirror = cacheCommits(readable, [...new Set(paths)]);
    mirrors.push(mirror);
    const environments = group.map((source) => {
      const status = createSourceStatusTracker(source, log, clock);
      statuses.push(status);
      const shared = { mirror, signatures, downstream, clock, byteBudget, log, startedAt };
      return { watch: new EnvironmentWatch({ source, ...shared }), status };
    });
    const poll = createRepositoryPoll({ mirror, sources: group, clock, log });
    const watch = new RepositoryWatch({ poll, environments, metrics, clock, random, log });
    for (const { environment } of group) watchOf.set(environment, watch);
    return watch;
  }

  const watches = groupByRepository(sources).flatMap((group) =>
    group[0] ? [watchRepository(group[0].repository, group)] : [],
  );
  const maintenance = createMirrorMaintenance({ mirrors, log });
  let stopServing: Stop = async () => {};
  return {
    statuses,
    requestPoll() {
      for (const watch of watches) void watch.pollNow({ trigger: "webhook" });
    },
    async start() {
      for (const watch of watches) await watch.start();
      await maintenance.start();
      stopServing = serveWatcherCalls({ bus, repositories: watchOf, statuses });
    },
    async stop() {
      const endGit = setTimeout(FINISH_WITHIN_MS, undefined, { ref: false });
      void endGit.then(() => stopGit.abort());
      await maintenance.stop();
      const stopped = Promise.all(watches.map((watch) => watch.stop()));
      await Promise.race([stopped, setTimeout(STOP_WITHIN_MS, undefined, { ref: false })]);
      await stopServing();
      metrics.stop();
    },
  };
}
