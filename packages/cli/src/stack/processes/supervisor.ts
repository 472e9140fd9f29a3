import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@honua/service-kit";
import {
  type ProcessSpec,
  type SupervisedProcess,
  superviseProcess,
} from "./supervised-process.ts";

export interface SupervisorDeps {
  log: Pick<Log, "info" | "warn">;
  /** The output of each process is appended to `<logDirectory>/<name>.log`. */
  logDirectory: string;
  onLine?: (name: string, line: string) => void;
}

export interface Supervisor {
  /**
   * Starts one process, and keeps it running until `stop`.
   *
   * @returns when it is ready
   * @throws TransientError `not-ready`, PermanentError `invalid-configuration`: with its last output
   */
  start(spec: ProcessSpec): Promise<void>;
  /** Ids of the running processes by name, in the order of their start. */
  pids(): Record<string, number[]>;
  /** Stops everything, the highest layer first; what has not ended after 4 s altogether is killed. */
  stop(): Promise<void>;
}

const STOP_WITHIN_MS = 4_000;

/**
 * Keeps the processes of the local stack running: restarts with backoff, one log file per name, an
 * orderly stop.
 *
 * Every process gets a pipe as standard input that stays open. A process must end when its input
 * ends, since the kernel closes the pipe even when the supervisor is killed; for programs that do
 * not, see `endsWithInput`.
 */
export function createSupervisor({ log, logDirectory, onLine }: SupervisorDeps): Supervisor {
  mkdirSync(logDirectory, { recursive: true });
  const processes: SupervisedProcess[] = [];
  const logFiles = new Map<string, ReturnType<typeof createWriteStream>>();

  return { start, pids, stop };

  async function start(spec: ProcessSpec): Promise<void> {
    const file = logFile(spec.name);
    const supervised = superviseProcess(spec, {
      onLine: (line) => {
        file.write(`${line}\n`);
        onLine?.(spec.name, line);
      },
      onRestart: ({ exit, delayMs }) =>
        log.warn({ process: spec.name, delayMs }, `${spec.name} ${exit}, restarting`),
    });
    processes.push(supervised);
    await supervised.ready;
    log.info({ process: spec.name, pid: supervised.pid() }, `${spec.name} is ready`);
  }

  function pids(): Record<string, number[]> {
    const byName: Record<string, number[]> = {};
    for (const { spec, pid } of processes) {
      const id = pid();
      byName[spec.name] = [...(byName[spec.name] ?? []), ...(id === undefined ? [] : [id])];
    }
    return byName;
  }

  async function stop(): Promise<void> {
    const deadline = setTimeout(() => {
      for (const { end } of processes) void end("SIGKILL");
    }, STOP_WITHIN_MS);
    for (const layer of layersFromTheTop(processes)) {
      await Promise.all(layer.map(({ end }) => end("SIGTERM")));
    }
    clearTimeout(deadline);
    await Promise.all([...logFiles.values()].map((file) => new Promise<void>((r) => file.end(r))));
  }

  function logFile(name: string) {
    const file =
      logFiles.get(name) ?? createWriteStream(join(logDirectory, `${name}.log`), { flags: "a" });
    logFiles.set(name, file);
    return file;
  }
}

function layersFromTheTop(processes: SupervisedProcess[]): SupervisedProcess[][] {
  const layers = Map.groupBy(processes, ({ spec }) => spec.layer ?? 0);
  return [...layers].sort(([a], [b]) => b - a).map(([, members]) => members);
}
