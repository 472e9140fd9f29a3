import { type GatewayStatus, type PrepareResult, prepareRelease } from "@honua/contracts";
import { type Bus, HonuaError, type Log, messageOf } from "@honua/service-kit";
import { watchDesiredRelease } from "./desired-watch.ts";
import type { PreparedReleases } from "./prepared-releases.ts";
import { createStatusReporter } from "./status-reporter.ts";

/** The gateway's part on the message bus, from joining to leaving. */
export interface BusMembership {
  /** Tells the others of a change at once. */
  report(): void;
  /** Takes no further orders. */
  retire(): Promise<void>;
  /** Takes the status away. */
  leave(): Promise<void>;
}

/** Answers `prepare`, follows the desired release and reports what is served. */
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
  const stopServing = bus.serve(prepareRelease, ({ release }) => answerPrepare(release), {
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
    async retire() {
      await Promise.all([stopServing(), stopWatching()]);
    },
    leave: () => reporter.stop(),
  };

  async function answerPrepare(release: string): Promise<PrepareResult> {
    try {
      const { problems, warnings } = await prepared.prepare(release);
      log.info(
        { release, problems: problems.length, warnings: warnings.length },
        problems.length === 0 ? "Prepared a release" : `Refused a release: ${problems[0]?.message}`,
      );
      return { instance, release, ok: problems.length === 0, problems, warnings };
    } catch (error) {
      // What may heal is for the caller to try again; anything else is an answer.
      if (error instanceof HonuaError && error.kind !== "permanent") throw error;
      const code = error instanceof HonuaError ? error.code : "unexpected";
      const problem = { code, message: messageOf(error) };
      return { instance, release, ok: false, problems: [problem], warnings: [] };
    }
  }
}
