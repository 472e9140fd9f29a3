import { setTimeout } from "node:timers/promises";
import {
  type Bus,
  type Clock,
  type Log,
  type Service,
  type Stop,
  systemClock,
} from "@honua/service-kit";
import { createRoom } from "../content/byte-budget.ts";
import { environmentPaths } from "../content/tree-entries.ts";
import { batchReads } from "../git/batched-reads.ts";
import { rememberCommits } from "../git/commit-cache.ts";
import type { Git } from "../git/git.ts";
import { createMirror, type Mirror, type RemoteDeadlines } from "../git/mirror.ts";
import type { RepositoryUrl } from "../git/repository-url.ts";
import { createWatcherMetrics } from "../metrics.ts";
import { serveCalls } from "../rpc/watcher-calls.ts";
import { type SignaturePolicy, unverified } from "../signatures/signature-policy.ts";
import { createDownstream } from "./downstream.ts";
import { createEnvironmentWatch } from "./environment-watch.ts";
import { createMirrorMaintenance } from "./mirror-maintenance.ts";
import { createRepositoryPoll } from "./repository-poll.ts";
import { createRepositoryWatch, type RepositoryWatch } from "./repository-watch.ts";
import { byRepository, type Source } from "./source.ts";
import { createSourceStatus, type StatusOfSource } from "./source-status.ts";

/** Milliseconds a poll under way has to finish when the service stops, before git is killed. */
const FINISH_WITHIN_MS = 2_000;
/** Milliseconds after which stopping no longer waits for a poll, such as one that waits for state. */
const GIVE_UP_AFTER_MS = 2_800;

/** Bytes of files that are handed over at once: a few of the largest bundles, or many usual ones. */
const MOST_BYTES_AT_ONCE = 48 * 1024 * 1024;

export interface WatcherDeps {
  sources: readonly Source[];
  /** Folder of the mirrors; made with mode 0700 when absent. */
  mirrorsDirectory: string;
  /** Git for one repository, killed when the signal aborts. */
  git: (repository: RepositoryUrl, stop: AbortSignal) => Git;
  /** Which commits may be handed over; every one when left out. */
  signatures?: SignaturePolicy;
  bus: Bus;
  log: Log;
  clock?: Clock;
  random?: () => number;
  /** Deadlines of git's requests to the remote. */
  deadlines?: RemoteDeadlines;
}

export interface Watcher extends Service {
  /** How watching goes for each source. */
  readonly statuses: readonly StatusOfSource[];
  /** Polls every repository soon; what a webhook asks for. */
  hint(): void;
}

/** Follows branches of Git repositories and hands changed environments over to the reconciler. */
export function createWatcher(deps: WatcherDeps): Watcher {
  const { sources, mirrorsDirectory, bus, log, clock = systemClock, random = Math.random } = deps;
  const { signatures = unverified } = deps;
  const killing = new AbortController();
  const startedAt = clock.now();
  const room = createRoom(MOST_BYTES_AT_ONCE);
  const downstream = createDownstream(bus);
  const statuses: StatusOfSource[] = [];
  const repositories = new Map<string, RepositoryWatch>();
  const mirrors: Mirror[] = [];
  const metrics = createWatcherMetrics(() =>
    statuses.flatMap((status) => {
      const seconds = status.ageSeconds(clock.now());
      return seconds === undefined ? [] : [{ environment: status.current().environment, seconds }];
    }),
  );

  const watches = byRepository(sources).flatMap((group) => {
    const repository = group[0]?.repository;
    if (!repository) return [];
    const git = deps.git(repository, killing.signal);
    const paths = group.flatMap(({ environment }) => environmentPaths(environment));
    const { deadlines } = deps;
    const { url } = repository;
    const readable = batchReads(createMirror({ git, url, mirrorsDirectory, deadlines }));
    const mirror = rememberCommits(readable, [...new Set(paths)]);
    mirrors.push(mirror);
    const environments = group.map((source) => {
      const status = createSourceStatus(source, log, clock);
      statuses.push(status);
      const watch = createEnvironmentWatch({
        source,
        mirror,
        signatures,
        downstream,
        clock,
        room,
        log,
        startedAt,
      });
      return { watch, status };
    });
    const poll = createRepositoryPoll({ mirror, sources: group, clock, log });
    const watch = createRepositoryWatch({ poll, environments, metrics, clock, random, log });
    for (const { environment } of group) repositories.set(environment, watch);
    return [watch];
  });

  const maintenance = createMirrorMaintenance({ mirrors, log });
  let stopServing: Stop = async () => {};
  return {
    statuses,
    hint() {
      for (const watch of watches) void watch.pollNow({ trigger: "webhook" });
    },
    async start() {
      for (const watch of watches) await watch.start();
      await maintenance.start();
      stopServing = serveCalls({ bus, repositories, statuses });
    },
    async stop() {
      const kill = setTimeout(FINISH_WITHIN_MS, undefined, { ref: false });
      void kill.then(() => killing.abort());
      await maintenance.stop();
      const stopped = Promise.all(watches.map((watch) => watch.stop()));
      await Promise.race([stopped, setTimeout(GIVE_UP_AFTER_MS, undefined, { ref: false })]);
      await stopServing();
      metrics.stop();
    },
  };
}
