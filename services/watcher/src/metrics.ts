import { metrics } from "@opentelemetry/api";

/** Metrics of the watcher. */
export interface WatcherMetrics {
  /** Counts a poll of one environment by its outcome, or by the code of its failure. */
  countPoll(environment: string, outcome: string): void;
  stop(): void;
}

/** @param ages seconds since the last successful poll of each environment, read at each scrape */
export function createWatcherMetrics(
  ages: () => Iterable<{ environment: string; seconds: number }>,
): WatcherMetrics {
  const meter = metrics.getMeter("honua.gitops");
  const polls = meter.createCounter("honua.gitops.polls", {
    description: "Polls of a Git branch for an environment, by outcome",
  });
  const age = meter.createObservableGauge("honua.gitops.poll.age", {
    description: "Time since the last poll of an environment that reached Git",
    unit: "s",
  });
  const observe = (result: {
    observe(value: number, attributes: { environment: string }): void;
  }) => {
    for (const { environment, seconds } of ages()) result.observe(seconds, { environment });
  };
  age.addCallback(observe);
  return {
    countPoll: (environment, outcome) => polls.add(1, { environment, outcome }),
    stop: () => age.removeCallback(observe),
  };
}
