import { randomUUID } from "node:crypto";
import { asHonuaError, type Clock, HonuaError, type Log, type Service } from "@honua/service-kit";
import type { Heads } from "../git/branch-heads.ts";
import type { WatcherMetrics } from "../metrics.ts";
import type { EnvironmentWatch, Outcome } from "./environment-watch.ts";
import { SLOW_AFTER_MS } from "./overdue-poll.ts";
import { nextDelay, type PollResult } from "./poll-schedule.ts";
import type { RepositoryPoll } from "./repository-poll.ts";
import type { StatusOfSource } from "./source-status.ts";

/** Somebody wants a poll now; every request waiting for the same poll shares it. */
export interface PollRequest {
  trigger: "poll" | "webhook";
  /** Environment whose head is handed over again even when unchanged. */
  force?: string;
  /** Only plan the head of an environment; the rest of the poll is left for its own time. */
  dryRun?: { environment: string; requestId: string; requestedBy: string };
}

export interface PollAnswer {
  commit: string;
  outcome: Outcome;
}

/** Polls one repository for all the environments it feeds. */
export interface RepositoryWatch extends Service {
  /** Polls as soon as the poll under way is over. The answers are by environment. */
  pollNow(request: PollRequest): Promise<ReadonlyMap<string, PollAnswer | HonuaError>>;
}

export interface WatchedEnvironment {
  watch: EnvironmentWatch;
  status: StatusOfSource;
}

type Answers = ReadonlyMap<string, PollAnswer | HonuaError>;
type Waiting = PollRequest & { resolve: (answers: Answers) => void };

/** One poll. */
interface Round {
  requests: readonly Waiting[];
  /** Nobody wants more of it than plans, and the next real poll is not due. */
  onlyPlans: boolean;
}

/** Environments looked at side by side; what they ask of git is answered by few processes. */
const CONCURRENCY = 64;
/** Failures of our own services, which heal sooner than those of a remote Git host. */
const NEAR_FAILURES = new Set(["state-unavailable", "bus-unavailable"]);

export function createRepositoryWatch(deps: {
  poll: RepositoryPoll;
  environments: readonly WatchedEnvironment[];
  metrics: WatcherMetrics;
  clock: Clock;
  random: () => number;
  log: Log;
}): RepositoryWatch {
  const { poll, environments, metrics, clock, random, log } = deps;
  const intervalMs = Math.min(...environments.map(({ watch }) => watch.source.pollIntervalMs));
  const stopping = new AbortController();
  let waiting: Waiting[] = [];
  let wake = () => {};
  let running: Promise<void> = Promise.resolve();
  let failures = 0;

  async function examine(
    environment: WatchedEnvironment,
    heads: Heads,
    { requests, onlyPlans }: Round,
  ) {
    const { watch } = environment;
    const { environment: name, branch } = watch.source;
    const head = heads.get(branch);
    if (!head) throw await poll.explainMissing(branch);
    for (const { dryRun } of requests) {
      if (dryRun?.environment === name) {
        await poll.reading(() => watch.handOverForPlan(head, dryRun));
      }
    }
    if (onlyPlans) return { commit: head, outcome: "unchanged" as const };
    const force = requests.some((request) => request.force === name);
    const webhook = requests.some(({ trigger }) => trigger === "webhook");
    const outcome = await poll.reading(() =>
      watch.examine(head, {
        trigger: webhook ? "webhook" : "poll",
        ...(force ? { force: { requestId: randomUUID() } } : {}),
      }),
    );
    if (outcome === "unchanged") log.debug({ environment: name }, "No new commits detected");
    return { commit: head, outcome };
  }

  /** One poll: the heads, then each environment by itself, so that one cannot hold up another. */
  async function pollOnce(round: Round): Promise<PollResult> {
    const answers = new Map<string, PollAnswer | HonuaError>();
    const fail = ({ watch, status }: WatchedEnvironment, cause: unknown, reached: boolean) => {
      const error = asHonuaError(cause);
      if (stopping.signal.aborted && error.code === "stopping") return;
      if (!(cause instanceof HonuaError)) log.warn({ err: cause }, "A poll failed unexpectedly");
      status.failed(error, clock.now(), reached);
      metrics.polled(watch.source.environment, error.code);
      answers.set(watch.source.environment, error);
    };
    for (const branch of new Set(environments.map(({ watch }) => watch.source.branch))) {
      log.debug({ branch }, `Polling for changes on branch '${branch}'`);
    }
    for (const { status } of environments) status.pollStarted(clock.now());
    const slow = setTimeout(() => {
      const sources = environments.map(({ watch }) => watch.source.environment);
      log.warn({ sources }, `A poll has been running for ${SLOW_AFTER_MS / 1_000} seconds`);
    }, SLOW_AFTER_MS);
    let kind: PollResult["kind"] = "done";
    try {
      const heads = await poll.heads();
      await inParallel(environments, async (environment) => {
        try {
          const answer = await examine(environment, heads, round);
          environment.status.succeeded(answer.commit, clock.now());
          metrics.polled(environment.watch.source.environment, answer.outcome);
          answers.set(environment.watch.source.environment, answer);
        } catch (error) {
          fail(environment, error, true);
          const { code, kind: handling } = asHonuaError(error);
          if (NEAR_FAILURES.has(code)) kind = "services-failed";
          else if (handling === "transient" && kind === "done") kind = "git-failed";
        }
      });
    } catch (error) {
      kind = "git-failed";
      for (const environment of environments) fail(environment, error, false);
    } finally {
      clearTimeout(slow);
    }
    for (const { resolve } of round.requests) resolve(answers);
    failures = kind === "done" ? 0 : failures + 1;
    return kind === "done" ? { kind } : { kind, failures };
  }

  async function pollForEver() {
    let due = 0;
    while (!stopping.signal.aborted) {
      const requests = waiting;
      waiting = [];
      const left = due - clock.now().getTime();
      const onlyPlans = left > 0 && requests.length > 0 && requests.every(({ dryRun }) => dryRun);
      const result = await pollOnce({ requests, onlyPlans });
      // However many plans are wanted, they do not put off the next real poll.
      const delay = onlyPlans
        ? Math.max(0, due - clock.now().getTime())
        : nextDelay(intervalMs, result, random);
      due = clock.now().getTime() + delay;
      for (const { status } of environments) {
        status.nextPollAt(new Date(clock.now().getTime() + delay));
      }
      if (waiting.length === 0 && !stopping.signal.aborted) await pause(delay);
    }
    for (const { resolve } of waiting) resolve(new Map());
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    async start() {
      for (const { watch } of environments) {
        const { branch, environment, pollIntervalMs } = watch.source;
        log.info(
          { environment, repository: watch.source.repository.url },
          `GitWatcher started. Watching branch '${branch}' every ${pollIntervalMs / 1_000} seconds`,
        );
      }
      running = pollForEver();
    },
    pollNow(request) {
      if (stopping.signal.aborted) return Promise.resolve(new Map());
      return new Promise((resolve) => {
        waiting.push({ ...request, resolve });
        wake();
      });
    },
    async stop() {
      stopping.abort();
      wake();
      await running;
    },
  };
}

async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
