import { randomUUID } from "node:crypto";
import { asHonuaError, type Clock, HonuaError, type Log, type Service } from "@honua/service-kit";
import pLimit from "p-limit";
import type { Heads } from "../git/branch-heads.ts";
import type { WatcherMetrics } from "../metrics.ts";
import type { EnvironmentWatch } from "./environment-watch.ts";
import { SLOW_AFTER_MS } from "./overdue-poll.ts";
import {
  type PollBatch,
  type PolledHead,
  type PollRequest,
  PollRequests,
  type PollResults,
} from "./poll-requests.ts";
import { nextPollDelay, type PollResult } from "./poll-schedule.ts";
import type { RepositoryPoll } from "./repository-poll.ts";
import type { SourceStatusTracker } from "./source-status.ts";

export interface WatchedEnvironment {
  watch: EnvironmentWatch;
  status: SourceStatusTracker;
}

/** Environments examined at the same time; `batchReads` combines what they read from git. */
const CONCURRENT_ENVIRONMENTS = 64;
/** Failures of our own services, which usually recover sooner than a remote Git host. */
const SERVICE_FAILURES = new Set(["state-unavailable", "bus-unavailable"]);

/** Polls one repository for all the environments that it feeds. */
export class RepositoryWatch implements Service {
  readonly #poll: RepositoryPoll;
  readonly #environments: readonly WatchedEnvironment[];
  readonly #metrics: WatcherMetrics;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #stopping = new AbortController();
  readonly #requests = new PollRequests();
  #running: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(deps: {
    poll: RepositoryPoll;
    environments: readonly WatchedEnvironment[];
    metrics: WatcherMetrics;
    clock: Clock;
    random: () => number;
    log: Log;
  }) {
    this.#poll = deps.poll;
    this.#environments = deps.environments;
    this.#metrics = deps.metrics;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#log = deps.log;
    const intervals = deps.environments.map(({ watch }) => watch.source.pollIntervalMs);
    this.#intervalMs = Math.min(...intervals);
  }

  async start() {
    for (const { watch } of this.#environments) {
      const { branch, environment, pollIntervalMs } = watch.source;
      this.#log.info(
        { environment, repository: watch.source.repository.url },
        `GitWatcher started. Watching branch '${branch}' every ${pollIntervalMs / 1_000} seconds`,
      );
    }
    this.#running = this.#pollUntilStopped();
  }

  async stop() {
    this.#stopping.abort();
    await this.#running;
  }

  /** Polls as soon as the running poll has ended. */
  pollNow(request: PollRequest): Promise<PollResults> {
    if (this.#stopping.signal.aborted) return Promise.resolve(new Map());
    return this.#requests.add(request);
  }

  async #pollUntilStopped() {
    const { signal } = this.#stopping;
    let dueAt = 0;
    while (!signal.aborted) {
      const batch = this.#requests.takeAll();
      const plansOnly = batch.asksForPlansOnly && dueAt > this.#now();
      const result = await this.#pollOnce(batch, plansOnly);
      // Requests for plans do not postpone the next regular poll.
      const delayMs = plansOnly
        ? Math.max(0, dueAt - this.#now())
        : nextPollDelay(this.#intervalMs, result, this.#random);
      dueAt = this.#now() + delayMs;
      for (const { status } of this.#environments) status.recordNextPoll(new Date(dueAt));
      await this.#requests.wait(delayMs, signal);
    }
    this.#requests.takeAll().resolve(new Map());
  }

  /** Reads the heads, then examines each environment on its own, so that none blocks another. */
  async #pollOnce(batch: PollBatch, plansOnly: boolean): Promise<PollResult> {
    const results = new Map<string, PolledHead | HonuaError>();
    for (const branch of new Set(this.#environments.map(({ watch }) => watch.source.branch))) {
      this.#log.debug({ branch }, `Polling for changes on branch '${branch}'`);
    }
    for (const { status } of this.#environments) status.recordPollStart(this.#clock.now());
    const slow = setTimeout(() => this.#warnOfSlowPoll(), SLOW_AFTER_MS);
    let kind: PollResult["kind"] = "done";
    try {
      const heads = await this.#poll.fetchHeads();
      const limit = pLimit(CONCURRENT_ENVIRONMENTS);
      await limit.map(this.#environments, async (environment) => {
        const { watch, status } = environment;
        const name = watch.source.environment;
        try {
          const polled = await this.#examine(environment, heads, batch, plansOnly);
          status.recordSuccess(polled.commit, this.#clock.now());
          this.#metrics.countPoll(name, polled.outcome);
          results.set(name, polled);
        } catch (error) {
          this.#recordFailure(environment, error, true, results);
          const { code, kind: handling } = asHonuaError(error);
          if (SERVICE_FAILURES.has(code)) kind = "services-failed";
          else if (handling === "transient" && kind === "done") kind = "git-failed";
        }
      });
    } catch (error) {
      kind = "git-failed";
      for (const environment of this.#environments) {
        this.#recordFailure(environment, error, false, results);
      }
    } finally {
      clearTimeout(slow);
    }
    batch.resolve(results);
    this.#failures = kind === "done" ? 0 : this.#failures + 1;
    return kind === "done" ? { kind } : { kind, failures: this.#failures };
  }

  async #examine(
    { watch }: WatchedEnvironment,
    heads: Heads,
    batch: PollBatch,
    plansOnly: boolean,
  ): Promise<PolledHead> {
    const { environment, branch } = watch.source;
    const head = heads.get(branch);
    if (!head) throw await this.#poll.explainMissingBranch(branch);
    for (const dryRun of batch.dryRunsOf(environment)) {
      await this.#poll.withMirrorRepair(() => watch.publishForPlan(head, dryRun));
    }
    if (plansOnly) return { commit: head, outcome: "unchanged" };
    const force = batch.forces(environment) ? { force: { requestId: randomUUID() } } : {};
    const outcome = await this.#poll.withMirrorRepair(() =>
      watch.examine(head, { trigger: batch.trigger, ...force }),
    );
    if (outcome === "unchanged") this.#log.debug({ environment }, "No new commits detected");
    return { commit: head, outcome };
  }

  /** @param reached whether Git itself responded, so that only the content is at fault */
  #recordFailure(
    { watch, status }: WatchedEnvironment,
    cause: unknown,
    reached: boolean,
    results: Map<string, PolledHead | HonuaError>,
  ) {
    const error = asHonuaError(cause);
    if (this.#stopping.signal.aborted && error.code === "stopping") return;
    if (!(cause instanceof HonuaError)) {
      this.#log.warn({ err: cause }, "A poll failed unexpectedly");
    }
    status.recordFailure(error, this.#clock.now(), reached);
    this.#metrics.countPoll(watch.source.environment, error.code);
    results.set(watch.source.environment, error);
  }

  #warnOfSlowPoll() {
    const environments = this.#environments.map(({ watch }) => watch.source.environment);
    const line = `A poll has been running for ${SLOW_AFTER_MS / 1_000} seconds`;
    this.#log.warn({ environments }, line);
  }

  #now(): number {
    return this.#clock.now().getTime();
  }
}
