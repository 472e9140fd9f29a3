import { type GatewayStatus, gatewaysBucket } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";

/** Milliseconds between looks at the whole list; entries that expire raise no event. */
const RELIST_MS = 1_000;

/** The gateways of an environment that sent a heartbeat lately. */
export interface Gateways {
  list(environment: string): Promise<GatewayStatus[]>;
  /**
   * Asks `verdict` of the live gateways whenever one of them changes, until it gives an answer.
   *
   * @returns the answer, or undefined when `withinMs` passed or `signal` aborted
   */
  until<Answer>(
    environment: string,
    verdict: (gateways: GatewayStatus[]) => Answer | undefined,
    limits: { withinMs: number; signal: AbortSignal },
  ): Promise<Answer | undefined>;
}

export function createGateways(bus: Bus): Gateways {
  const list = async (environment: string) => {
    const bucket = await bus.bucket(gatewaysBucket);
    return (await bucket.list(`${environment}.*`)).map(({ value }) => value);
  };

  return {
    list,
    async until(environment, verdict, { withinMs, signal }) {
      const first = verdict(await list(environment));
      if (first !== undefined) return first;
      const bucket = await bus.bucket(gatewaysBucket);
      const ending = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
      const changed = watchForChanges(bucket.watch(`${environment}.*`, ending));
      while (!ending.aborted) {
        await changed.within(RELIST_MS, ending);
        const answer = verdict(await list(environment));
        if (answer !== undefined) {
          changed.stop();
          return answer;
        }
      }
      return undefined;
    },
  };
}

/** Turns a stream of changes into something that can be waited for, again and again. */
function watchForChanges(changes: AsyncIterable<unknown>) {
  const iterator = changes[Symbol.asyncIterator]();
  let wake: (() => void) | undefined;
  let pending = false;
  void (async () => {
    for (;;) {
      const { done } = await iterator.next();
      if (done) return;
      pending = true;
      wake?.();
    }
  })().catch(() => undefined);
  return {
    stop: () => void iterator.return?.(),
    /** Resolves at the next change, after `ms`, or when `signal` aborts. */
    within(ms: number, signal: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          wake = undefined;
          pending = false;
          resolve();
        };
        const timer = setTimeout(done, ms);
        signal.addEventListener("abort", done, { once: true });
        wake = done;
        if (pending || signal.aborted) done();
      });
    },
  };
}
