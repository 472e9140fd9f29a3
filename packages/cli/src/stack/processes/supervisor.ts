import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { join } from "node:path";
import type { Log } from "@honua/service-kit";
import { type ProcessSpec, SupervisedProcess } from "./supervised-process.ts";

export interface SupervisorDeps {
  log: Pick<Log, "info" | "warn">;
  /** The output of each process is appended to `<logDirectory>/<name>.log`. */
  logDirectory: string;
  onLine?: (name: string, line: string) => void;
}

/** Processes that have not exited this long after the start of a stop are killed. */
const STOP_TIMEOUT_MS = 4_000;

/**
 * Keeps the processes of the local stack running: restarts with backoff, one log file per name, and
 * an orderly stop.
 *
 * The standard input of every process is a pipe that stays open. A process must exit when this pipe
 * closes, because the kernel closes it even when the supervisor is killed. For other programs see
 * `ProcessSpec.endsWithInput`.
 */
export class Supervisor {
  readonly #deps: SupervisorDeps;
  readonly #processes: SupervisedProcess[] = [];
  readonly #logFiles = new Map<string, WriteStream>();

  constructor(deps: SupervisorDeps) {
    this.#deps = deps;
    mkdirSync(deps.logDirectory, { recursive: true });
  }

  /**
   * Starts a process, waits until it is ready, and keeps it running until `stop`.
   *
   * @throws TransientError `not-ready` or PermanentError `invalid-configuration`, with the last
   *   output of the process
   */
  async start(spec: ProcessSpec): Promise<void> {
    const { log, onLine } = this.#deps;
    const logFile = this.#openLogFile(spec.name);
    const supervised = new SupervisedProcess(spec, {
      onLine: (line) => {
        logFile.write(`${line}\n`);
        onLine?.(spec.name, line);
      },
      onRestart: ({ exit, delayMs }) =>
        log.warn({ process: spec.name, delayMs }, `${spec.name} ${exit}, restarting`),
    });
    this.#processes.push(supervised);
    await supervised.ready;
    log.info({ process: spec.name, pid: supervised.pid }, `${spec.name} is ready`);
  }

  /** Returns the ids of the running processes by name, in the order of their start. */
  pids(): Record<string, number[]> {
    const byName: Record<string, number[]> = {};
    for (const { spec, pid } of this.#processes) {
      byName[spec.name] = [...(byName[spec.name] ?? []), ...(pid === undefined ? [] : [pid])];
    }
    return byName;
  }

  /** Stops all processes, highest layer first. Those still running after 4 s are killed. */
  async stop(): Promise<void> {
    const killTimer = setTimeout(() => {
      for (const supervised of this.#processes) void supervised.end("SIGKILL");
    }, STOP_TIMEOUT_MS);
    for (const layer of this.#layersFromHighest()) {
      await Promise.all(layer.map((supervised) => supervised.end("SIGTERM")));
    }
    clearTimeout(killTimer);
    await Promise.all(
      [...this.#logFiles.values()].map((file) => new Promise<void>((resolve) => file.end(resolve))),
    );
  }

  #layersFromHighest(): SupervisedProcess[][] {
    const layers = Map.groupBy(this.#processes, ({ spec }) => spec.layer ?? 0);
    return [...layers].sort(([a], [b]) => b - a).map(([, members]) => members);
  }

  #openLogFile(name: string): WriteStream {
    const path = join(this.#deps.logDirectory, `${name}.log`);
    const file = this.#logFiles.get(name) ?? createWriteStream(path, { flags: "a" });
    this.#logFiles.set(name, file);
    return file;
  }
}
