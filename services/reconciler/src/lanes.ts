import { environmentOf, environmentResync, listEnvironments } from "@honua/contracts";
import {
  type Bus,
  type Clock,
  type Log,
  messageOf,
  type Service,
  type Stop,
} from "@honua/service-kit";

/**
 * One lane for each environment: those that state knows, those that have events in the stream, and
 * those whose first commit passes by. Every interval each lane is asked to look at its environment
 * again; the message's id makes many reconcilers ask once.
 */
export function createLanes(deps: {
  bus: Bus;
  clock: Clock;
  log: Log;
  instance: string;
  resyncMs: number;
  open: (environment: string) => Stop;
}): Service & { wakeAt: (environment: string, at: Date) => void } {
  const { bus, clock, log } = deps;
  const lanes = new Map<string, Stop>();
  const alarms = new Map<string, NodeJS.Timeout>();
  let glimpses: Stop | undefined;
  let ticking: NodeJS.Timeout | undefined;

  return {
    async start() {
      glimpses = bus.glimpse("honua.*.commit.detected", (subject) =>
        ensure(environmentOf(subject)),
      );
      await discover();
      ticking = setInterval(() => void tick(), deps.resyncMs);
    },
    async stop() {
      clearInterval(ticking);
      for (const alarm of alarms.values()) clearTimeout(alarm);
      await glimpses?.();
      await Promise.all([...lanes.values()].map((stop) => stop()));
    },
    wakeAt(environment, at) {
      clearTimeout(alarms.get(environment));
      const ms = Math.min(Math.max(0, at.getTime() - clock.now().getTime()) + 50, 2 ** 31 - 1);
      const id = `resync-${environment}-at-${at.getTime()}`;
      alarms.set(
        environment,
        setTimeout(() => void resync(environment, "interval", id), ms),
      );
    },
  };

  function ensure(environment: string) {
    if (lanes.has(environment)) return;
    lanes.set(environment, deps.open(environment));
    log.info({ environment }, `Reconciling environment '${environment}'`);
    const id = `resync-${environment}-start-${deps.instance}-${clock.now().getTime()}`;
    void resync(environment, "start", id);
  }

  async function discover() {
    const known = await bus.environmentsInStream();
    for (const environment of known) ensure(environment);
    try {
      const { environments } = await bus.call(listEnvironments, {});
      for (const environment of environments) ensure(environment);
    } catch (error) {
      log.warn(`Cannot ask state for its environments yet: ${messageOf(error)}`);
    }
  }

  async function tick() {
    await discover().catch((error: unknown) =>
      log.warn({ err: error }, "Could not look for environments"),
    );
    const slot = Math.floor(clock.now().getTime() / deps.resyncMs);
    for (const environment of lanes.keys()) {
      void resync(environment, "interval", `resync-${environment}-${deps.resyncMs}-${slot}`);
    }
  }

  async function resync(environment: string, cause: "interval" | "start", id: string) {
    await bus
      .publish(environmentResync, { environment, data: { cause }, id })
      .catch((error: unknown) =>
        log.warn({ environment }, `Could not ask for a resync: ${messageOf(error)}`),
      );
  }
}
