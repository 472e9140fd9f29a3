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
 * One lane for each environment: those that state knows, those for which a message waits, and those
 * whose first commit passes by. Every interval each lane is asked to look at its environment
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
  const turns = new Map<string, NodeJS.Timeout>();
  let looking: NodeJS.Timeout | undefined;

  return {
    async start() {
      glimpses = bus.glimpse(eventSubject("*", commitDetected.name, "lane"), (subject) =>
        ensure(environmentOf(subject)),
      );
      await discover();
      looking = setInterval(() => void look(), deps.resyncMs);
    },
    async stop() {
      clearInterval(looking);
      for (const alarm of [...alarms.values(), ...turns.values()]) clearTimeout(alarm);
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
    resyncInTurn(environment);
    log.info({ environment }, `Reconciling environment '${environment}'`);
    const id = `resync-${environment}-start-${deps.instance}-${clock.now().getTime()}`;
    void resync(environment, "start", id);
  }

  async function discover() {
    for (const environment of await bus.environmentsWaiting()) ensure(environment);
    try {
      const { environments } = await bus.call(listEnvironments, {});
      for (const environment of environments) ensure(environment);
    } catch (error) {
      log.warn(`Cannot ask state for its environments yet: ${messageOf(error)}`);
    }
  }

  async function look() {
    await discover().catch((error: unknown) =>
      log.warn({ err: error }, "Could not look for environments"),
    );
  }

  /** Once in every interval, at a moment of the environment's own, so that they do not all come at once. */
  function resyncInTurn(environment: string) {
    const offset = offsetOf(environment, deps.resyncMs);
    const now = clock.now().getTime();
    const turn = Math.floor((now - offset) / deps.resyncMs) + 1;
    const work = () => {
      void resync(environment, "interval", `resync-${environment}-${deps.resyncMs}-${turn}`);
      resyncInTurn(environment);
    };
    turns.set(environment, setTimeout(work, turn * deps.resyncMs + offset - now));
  }

  async function resync(environment: string, cause: "interval" | "start", id: string) {
    await bus
      .publish(environmentResync, { environment, data: { cause }, id })
      .catch((error: unknown) =>
        log.warn({ environment }, `Could not ask for a resync: ${messageOf(error)}`),
      );
  }
}

/** Milliseconds into an interval; the same in every process, so that their messages have one id. */
function offsetOf(environment: string, intervalMs: number): number {
  return createHash("sha256").update(environment).digest().readUInt32BE() % intervalMs;
}
