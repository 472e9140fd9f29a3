import type { Worker } from "node:cluster";
import { once } from "node:events";
import { backoffDelay, type Log, PermanentError, type Service } from "@honua/service-kit";
import type { WorkerGroup } from "./worker-channel.ts";
import { fromWorker, type ToWorker } from "./worker-messages.ts";
import { createWorkerQueryRouter } from "./worker-query.ts";
import { createWorkerWatchdog } from "./worker-watchdog.ts";

/** Backoff in milliseconds before a worker that exited is restarted. */
const RESTART_BACKOFF = { baseMs: 200, maxMs: 10_000 };
/** Milliseconds after which a worker counts as stable. */
const STABLE_MS = 30_000;

/** Milliseconds after which workers are killed on stop; the process itself has 4 s. */
const STOP_TIMEOUT_MS = 3_500;

/** Parameters of a new worker. */
export interface WorkerStart {
  /** From 1 to the number of workers; a replacement keeps the number. */
  number: number;
  /** The port on which other workers serve; absent for the first worker. */
  sharedPort?: number | undefined;
}

/** The workers of a gateway. */
export interface WorkerPool extends Service, WorkerGroup {}

/**
 * Runs several processes that serve on one port. The first serves immediately, the others join when
 * they are ready. A worker that exits is restarted, and a worker that hangs is killed. If a worker exits
 * before all of them have served, the whole process exits, because a replacement would fail too.
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
  const restartTimers = new Map<number, NodeJS.Timeout>();
  const allServing = Promise.withResolvers<void>();
  const serving = new Set<number>();
  let sharedPort: number | undefined;
  let haveServed = false;
  let isStopping = false;
  const router = createWorkerQueryRouter({ numbers, send });
  const watchdog = createWorkerWatchdog({
    numbers,
    ask: (number) => send(number, { kind: "are-you-there" }),
    onHang(number, seconds) {
      log.warn(
        { worker: number },
        `Worker ${number} hangs: no response for ${seconds} s; killing it`,
      );
      // A hanging process does not handle SIGTERM.
      running.get(number)?.process.kill("SIGKILL");
    },
  });

  return {
    query: router.query,
    async start() {
      launch({ number: 1 });
      await allServing.promise;
      log.info({ workers: deps.count }, `Serving with ${deps.count} workers`);
    },
    async stop() {
      isStopping = true;
      for (const timer of restartTimers.values()) clearTimeout(timer);
      watchdog.stop();
      // A hanging worker would be left behind.
      const deadline = setTimeout(() => {
        for (const worker of running.values()) worker.process.kill("SIGKILL");
      }, STOP_TIMEOUT_MS);
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
    // The worker may exit before the message is sent.
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
      allServing.resolve();
    });
    worker.on("message", (message: unknown) => {
      const parsed = fromWorker.safeParse(message);
      if (!parsed.success) return;
      watchdog.recordMessage(number);
      router.receive(number, parsed.data);
    });
    worker.once("exit", (code: number | null, signal: string | null) => {
      running.delete(number);
      serving.delete(number);
      router.forget(number);
      watchdog.forget(number);
      if (!isStopping) restart(number, signal ?? `exit code ${code}`, performance.now() - since);
    });
  }

  function launchOthers(port: number): void {
    sharedPort = port;
    if (isStopping) return;
    for (const number of numbers.slice(1)) launch({ number, sharedPort });
  }

  function restart(number: number, how: string, ranForMs: number): void {
    if (!haveServed) {
      const message = `Worker ${number} exited before it served (${how}). See its log for the reason.`;
      allServing.reject(new PermanentError("worker-ended", message));
      return;
    }
    const before = ranForMs >= STABLE_MS ? 0 : (failures.get(number) ?? 0);
    failures.set(number, before + 1);
    const delayMs = backoffDelay(before + 1, RESTART_BACKOFF);
    log.warn({ worker: number, delayMs }, `Worker ${number} exited (${how}); restarting it`);
    restartTimers.set(
      number,
      setTimeout(() => launch({ number, sharedPort }), delayMs),
    );
  }
}
