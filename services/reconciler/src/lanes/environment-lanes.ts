import { createHash } from "node:crypto";
import {
  commitDetected,
  environmentOf,
  environmentResync,
  eventSubject,
  listEnvironments,
} from "@honua/contracts";
import {
  type Bus,
  type Clock,
  type Log,
  messageOf,
  type Service,
  type Stop,
} from "@honua/service-kit";

/**
 * Opens one lane per environment: for the environments that state lists, for those with waiting
 * messages, and for new ones when their first commit is published. Publishes a resync message to each
 * lane once per interval; all reconcilers use the same message id, so the broker keeps only one.
 */
export function createEnvironmentLanes(deps: {
  bus: Bus;
  clock: Clock;
  log: Log;
  instance: string;
  resyncMs: number;
  openLane: (environment: string) => Stop;
}): Service & { wakeAt: (environment: string, at: Date) => void } {
  const { bus, clock, log } = deps;
  const lanes = new Map<string, Stop>();
  const wakeTimers = new Map<string, NodeJS.Timeout>();
  let commitSubscription: Stop | undefined;
  const resyncTimers = new Map<string, NodeJS.Timeout>();
  let discoveryTimer: NodeJS.Timeout | undefined;

  return {
    async start() {
      commitSubscription = bus.observeSubject(
        eventSubject("*", commitDetected.name, "lane"),
        (subject) => ensureLane(environmentOf(subject)),
      );
      await discover();
      discoveryTimer = setInterval(() => void rediscover(), deps.resyncMs);
    },
    async stop() {
      clearInterval(discoveryTimer);
      for (const alarm of [...wakeTimers.values(), ...resyncTimers.values()]) clearTimeout(alarm);
      await commitSubscription?.();
      await Promise.all([...lanes.values()].map((stop) => stop()));
    },
    wakeAt(environment, at) {
      clearTimeout(wakeTimers.get(environment));
      const ms = Math.min(Math.max(0, at.getTime() - clock.now().getTime()) + 50, 2 ** 31 - 1);
      const id = `resync-${environment}-at-${at.getTime()}`;
      wakeTimers.set(
        environment,
        setTimeout(() => void publishResync(environment, "interval", id), ms),
      );
    },
  };

  function ensureLane(environment: string) {
    if (lanes.has(environment)) return;
    lanes.set(environment, deps.openLane(environment));
    scheduleResync(environment);
    log.info({ environment }, `Reconciling environment '${environment}'`);
    const id = `resync-${environment}-start-${deps.instance}-${clock.now().getTime()}`;
    void publishResync(environment, "start", id);
  }

  async function discover() {
    for (const environment of await bus.environmentsWithMessages()) ensureLane(environment);
    try {
      const { environments } = await bus.call(listEnvironments, {});
      for (const environment of environments) ensureLane(environment);
    } catch (error) {
      log.warn(`Could not list the environments from state: ${messageOf(error)}`);
    }
  }

  async function rediscover() {
    await discover().catch((error: unknown) =>
      log.warn({ err: error }, "Could not discover environments"),
    );
  }

  /** Spreads resyncs over the interval by giving each environment its own offset. */
  function scheduleResync(environment: string) {
    const offset = resyncOffsetMs(environment, deps.resyncMs);
    const now = clock.now().getTime();
    const turn = Math.floor((now - offset) / deps.resyncMs) + 1;
    const publishAndSchedule = () => {
      void publishResync(environment, "interval", `resync-${environment}-${deps.resyncMs}-${turn}`);
      scheduleResync(environment);
    };
    resyncTimers.set(
      environment,
      setTimeout(publishAndSchedule, turn * deps.resyncMs + offset - now),
    );
  }

  async function publishResync(environment: string, cause: "interval" | "start", id: string) {
    await bus
      .publish(environmentResync, { environment, data: { cause }, id })
      .catch((error: unknown) =>
        log.warn({ environment }, `Could not publish a resync: ${messageOf(error)}`),
      );
  }
}

/** Offset in milliseconds within an interval. It is the same in every process, and so is the message id. */
function resyncOffsetMs(environment: string, intervalMs: number): number {
  return createHash("sha256").update(environment).digest().readUInt32BE() % intervalMs;
}
