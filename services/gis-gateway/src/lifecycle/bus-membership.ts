import { type GatewayStatus, type PrepareResult, prepareRelease } from "@honua/contracts";
import { type Bus, HonuaError, type Log, messageOf } from "@honua/service-kit";
import { watchDesiredRelease } from "./desired-watch.ts";
import type { PreparedReleases } from "./prepared-releases.ts";
import { createStatusReporter } from "./status-reporter.ts";

/** The gateway's connection to the engine over the message bus. */
export interface BusMembership {
  /** Publishes the status immediately. */
  report(): void;
  /** Stops handling `prepare` and desired releases. */
  stopReceiving(): Promise<void>;
  /** Removes the published status. */
  leave(): Promise<void>;
}

/** Handles `prepare`, follows the desired release and publishes the status. */
export function joinBus(options: {
  bus: Bus;
  environment: string;
  instance: string;
  prepared: PreparedReleases;
  status: () => GatewayStatus;
  onDesired: (digest: string) => void;
  log: Log;
}): BusMembership {
  const { bus, environment, instance, prepared, log } = options;
  const stopServing = bus.serve(prepareRelease, ({ release }) => handlePrepare(release), {
    environment,
    instance,
  });
  const stopWatching = watchDesiredRelease(options);
  const reporter = createStatusReporter({
    bus,
    key: `${environment}.${instance}`,
    status: options.status,
    log,
  });

  return {
    report: () => reporter.report(),
    async stopReceiving() {
      await Promise.all([stopServing(), stopWatching()]);
    },
    leave: () => reporter.stop(),
  };

  async function handlePrepare(release: string): Promise<PrepareResult> {
    try {
      const { problems, warnings } = await prepared.prepare(release);
      log.info(
        { release, problems: problems.length, warnings: warnings.length },
        problems.length === 0 ? "Prepared a release" : `Refused a release: ${problems[0]?.message}`,
      );
      return { instance, release, ok: problems.length === 0, problems, warnings };
    } catch (error) {
      // The caller retries transient errors. A permanent error is a result.
      if (error instanceof HonuaError && error.kind !== "permanent") throw error;
      const code = error instanceof HonuaError ? error.code : "unexpected";
      const problem = { code, message: messageOf(error) };
      return { instance, release, ok: false, problems: [problem], warnings: [] };
    }
  }
}
