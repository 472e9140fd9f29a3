import type { Worker } from "node:cluster";
import { once } from "node:events";
import { backoffDelay, type Log, PermanentError, type Service } from "@honua/service-kit";
import type { Siblings } from "./siblings.ts";
import { fromWorker, type ToWorker } from "./worker-messages.ts";
import { createWorkerPoll } from "./worker-poll.ts";
import { createWorkerWatch } from "./worker-watch.ts";

/** How soon a worker that has ended is replaced, if it keeps ending. */
const REPLACE = { baseMs: 200, maxMs: 10_000 };
/** Milliseconds after which a worker has proven to work. */
const STABLE_MS = 30_000;

/** Milliseconds after which a stop waits no longer for a worker; the process itself has 4 s. */
const STOP_MS = 3_500;

/** What a worker is told when it is started. */
export interface WorkerStart {
  /** From 1 to the number of workers; a replacement has the number of the one before. */
  number: number;
  /** Where others serve; absent for the first worker. */
  sharedPort?: number | undefined;
}

/** The workers of a gateway, and a way to ask all of them. */
export interface WorkerPool extends Service, Siblings {}

/**
 * Runs several processes that serve on one port. The first answers from its first moment, and the
 * others join it once they can answer as well. One that ends is replaced, and one that hangs is ended;
 * one that ends before all of them have served for the first time ends the whole, because the next
 * would do the same.
 *
 * @param deps.fork starts one worker
 */
export function createWorkerPool(deps: {
  count: number;
  fork: (start: WorkerStart) => Worker;
  log: Log;
}): WorkerPool {
  const { log } = deps;
  const numbers = Array.from({ length: deps.count }, (_, index) => index + 1);
  const running = new Map<number, Worker>();
  const failures = new Map<number, number>();
  const replacing = new Map<number, NodeJS.Timeout>();
  const allServe = Promise.withResolvers<void>();
  const serving = new Set<number>();
  let sharedPort: number | undefined;
  let haveServed = false;
  let isStopping = false;
  const poll = createWorkerPoll({ numbers, send });
  const watch = createWorkerWatch({
    numbers,
    ask: (number) => send(number, { kind: "are-you-there" }),
    onSilent(number, seconds) {
      log.warn({ worker: number }, `Worker ${number} hangs: no answer for ${seconds} s; ending it`);
      // What hangs does not handle a signal that asks.
      running.get(number)?.process.kill("SIGKILL");
    },
  });

  return {
    ask: poll.ask,
    async start() {
      launch({ number: 1 });
      await allServe.promise;
      log.info({ workers: deps.count }, `Serving with ${deps.count} workers`);
    },
    async stop() {
      isStopping = true;
      for (const timer of replacing.values()) clearTimeout(timer);
      watch.stop();
      // One that hangs would be left behind.
      const deadline = setTimeout(() => {
        for (const worker of running.values()) worker.process.kill("SIGKILL");
      }, STOP_MS);
      await Promise.all(
        [...running.values()].map(async (worker) => {
          const ended = once(worker, "exit");
          worker.process.kill("SIGTERM");
          await ended;
        }),
      );
      clearTimeout(deadline);
    },
  };

  function send(number: number, message: ToWorker): boolean {
    const worker = running.get(number);
    if (!worker?.isConnected() || !serving.has(number)) return false;
    // A worker may end between the question and the sending of it.
    worker.send(message, undefined, () => undefined);
    return true;
  }

  function launch(start: WorkerStart): void {
    const { number } = start;
    const since = performance.now();
    const worker = deps.fork(start);
    running.set(number, worker);
    worker.once("listening", ({ port }) => {
      serving.add(number);
      log.info({ worker: number, pid: worker.process.pid }, `Worker ${number} serves`);
      if (sharedPort === undefined) launchOthers(port);
      if (serving.size < deps.count) return;
      haveServed = true;
      allServe.resolve();
    });
    worker.on("message", (message: unknown) => {
      const parsed = fromWorker.safeParse(message);
      if (!parsed.success) return;
      watch.heard(number);
      poll.receive(number, parsed.data);
    });
    worker.once("exit", (code: number | null, signal: string | null) => {
      running.delete(number);
      serving.delete(number);
      poll.forget(number);
      watch.forget(number);
      if (!isStopping) replace(number, signal ?? `exit code ${code}`, performance.now() - since);
    });
  }

  function launchOthers(port: number): void {
    sharedPort = port;
    if (isStopping) return;
    for (const number of numbers.slice(1)) launch({ number, sharedPort });
  }

  function replace(number: number, how: string, ranForMs: number): void {
    if (!haveServed) {
      const message = `worker ${number} ended before it served (${how}); its log says why`;
      allServe.reject(new PermanentError("worker-ended", message));
      return;
    }
    const before = ranForMs >= STABLE_MS ? 0 : (failures.get(number) ?? 0);
    failures.set(number, before + 1);
    const delayMs = backoffDelay(before + 1, REPLACE);
    log.warn({ worker: number, delayMs }, `Worker ${number} ended (${how}); starting another`);
    replacing.set(
      number,
      setTimeout(() => launch({ number, sharedPort }), delayMs),
    );
  }
}
