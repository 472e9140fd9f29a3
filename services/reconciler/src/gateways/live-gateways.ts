import { GATEWAY_TTL_MS, type GatewayStatus, gatewaysBucket } from "@honua/contracts";
import {
  type Bus,
  backoffDelay,
  type Clock,
  type Log,
  messageOf,
  type Service,
} from "@honua/service-kit";

/** Milliseconds between checks while waiting, because an entry that expires raises no event. */
const RECHECK_INTERVAL_MS = 1_000;
const REOPEN_BACKOFF = { baseMs: 100, maxMs: 5_000 };

/** The gateways of an environment whose last heartbeat has not expired. */
export interface LiveGateways {
  list(environment: string): Promise<GatewayStatus[]>;
  /**
   * Evaluates `verdict` for the live gateways whenever one of them changes, until it returns a value.
   *
   * @returns that value, or undefined if `withinMs` passed or `signal` was aborted
   */
  until<Verdict>(
    environment: string,
    verdict: (gateways: GatewayStatus[]) => Verdict | undefined,
    limits: { withinMs: number; signal: AbortSignal },
  ): Promise<Verdict | undefined>;
}

interface Heartbeat {
  status: GatewayStatus;
  /** Time of receipt, by this process's clock, in milliseconds. */
  at: number;
}

/**
 * Follows the heartbeats of all gateways with one watch per process. Querying the broker in each step
 * costs it a consumer, a listing of the bucket's subjects and one read per gateway, which was a third
 * of its load in a large fleet.
 */
export function createLiveGateways(deps: {
  bus: Bus;
  clock: Clock;
  log: Log;
}): LiveGateways & Service {
  const { bus, clock, log } = deps;
  const heartbeats = new Map<string, Map<string, Heartbeat>>();
  const waiters = new Map<string, Set<() => void>>();
  const stopping = new AbortController();
  let following: Promise<void> = Promise.resolve();

  const list = async (environment: string) => {
    const oldest = clock.now().getTime() - GATEWAY_TTL_MS;
    const known = [...(heartbeats.get(environment)?.values() ?? [])];
    return known.filter(({ at }) => at > oldest).map(({ status }) => status);
  };

  return {
    list,
    async until(environment, verdict, { withinMs, signal }) {
      const immediate = verdict(await list(environment));
      if (immediate !== undefined && !signal.aborted) return immediate;
      const deadline = performance.now() + withinMs;
      for (let left = withinMs; left > 0 && !signal.aborted; left = deadline - performance.now()) {
        const changed = waitForChange(environment, signal, Math.min(left, RECHECK_INTERVAL_MS));
        const result = verdict(await list(environment));
        if (result !== undefined) {
          changed.cancel();
          return result;
        }
        await changed.happened;
      }
      return undefined;
    },
    async start() {
      const bucket = await bus.bucket(gatewaysBucket);
      for (const { key, value } of await bucket.list(">")) recordHeartbeat(key, value);
      following = followHeartbeats();
    },
    async stop() {
      stopping.abort();
      await following;
    },
  };

  async function followHeartbeats(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        const bucket = await bus.bucket(gatewaysBucket);
        for await (const { key, value } of bucket.watch(">", stopping.signal)) {
          failures = 0;
          recordHeartbeat(key, value);
        }
      } catch (error) {
        log.debug({ err: error }, `The watch on gateway heartbeats failed: ${messageOf(error)}`);
      }
      await waitForChange("", stopping.signal, backoffDelay(failures + 1, REOPEN_BACKOFF)).happened;
    }
  }

  /** @param status undefined if the gateway has left */
  function recordHeartbeat(key: string, status: GatewayStatus | undefined): void {
    const environment = key.slice(0, key.indexOf("."));
    const known = heartbeats.get(environment) ?? new Map<string, Heartbeat>();
    heartbeats.set(environment, known);
    if (status) known.set(key, { status, at: clock.now().getTime() });
    else known.delete(key);
    for (const wake of waiters.get(environment) ?? []) wake();
  }

  /** Resolves at the environment's next heartbeat, after `ms` milliseconds, or when `ending` aborts. */
  function waitForChange(environment: string, ending: AbortSignal, ms: number) {
    const callbacks = waiters.get(environment) ?? new Set();
    waiters.set(environment, callbacks);
    let cancel = () => {};
    const happened = new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        ending.removeEventListener("abort", done);
        callbacks.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      ending.addEventListener("abort", done, { once: true });
      callbacks.add(done);
      cancel = done;
      if (ending.aborted) done();
    });
    return { happened, cancel };
  }
}
