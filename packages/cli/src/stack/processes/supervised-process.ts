import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { PermanentError, TransientError } from "@honua/service-kit";
import { startParentProcessWatchdog } from "./parent-process-watchdog.ts";
import { nextRestartBackoff } from "./restart-backoff.ts";

/** A program to run, and how to detect that it is ready. */
export interface ProcessSpec {
  /** Instances of the same service share a name. */
  name: string;
  command: string;
  args?: string[];
  /** The complete environment of the process. Nothing is inherited. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /**
   * Detects readiness by a line of output, or by a probe that is repeated every 50 ms until it
   * returns true. By default a process is ready as soon as it has started.
   */
  readyWhen?: { line: (line: string) => boolean } | { probe: () => Promise<boolean> };
  /** Milliseconds until the start fails, including restarts. Default: 60 000. */
  readyWithinMs?: number;
  /** Layers stop from the highest to the lowest. Default: 0. */
  layer?: number;
  /** False for a program that does not exit when its standard input closes. Default: true. */
  endsWithInput?: boolean;
}

export interface ProcessEvents {
  /** Called for each line of standard output and standard error. */
  onLine: (line: string) => void;
  /** Called when the process exited unexpectedly and will be restarted. */
  onRestart: (event: { exit: string; delayMs: number }) => void;
}

/** sysexits EX_CONFIG: the configuration of the process is invalid, so a restart would not help. */
const EXIT_CONFIGURATION = 78;
const DEFAULT_READY_TIMEOUT_MS = 60_000;
const PROBE_INTERVAL_MS = 50;
/** Number of output lines in the error message of a process that does not become ready. */
const LAST_LINES = 20;

/** Runs a process, and restarts it with backoff until `end` is called. */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #events: ProcessEvents;
  readonly #ready = Promise.withResolvers<void>();
  readonly #readyTimer: NodeJS.Timeout;
  readonly #lastLines: string[] = [];
  #child: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isReady = false;
  #isEnding = false;

  constructor(spec: ProcessSpec, events: ProcessEvents) {
    this.spec = spec;
    this.#events = events;
    const timeoutMs = spec.readyWithinMs ?? DEFAULT_READY_TIMEOUT_MS;
    this.#readyTimer = setTimeout(
      () => this.#failStart("not-ready", `was not ready after ${timeoutMs / 1000} s`),
      timeoutMs,
    );
    this.#ready.promise.catch(() => undefined).finally(() => clearTimeout(this.#readyTimer));
    this.#launch();
  }

  /** Resolves when the process is ready for the first time; rejects when the start failed. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Id of the running process; undefined between restarts and after the end. */
  get pid(): number | undefined {
    return isRunning(this.#child) ? this.#child?.pid : undefined;
  }

  /** Sends a signal and waits for the exit. The process is not restarted afterwards. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#isEnding = true;
    clearTimeout(this.#restartTimer);
    this.#ready.reject(
      new TransientError("stopped", `${this.spec.name} was stopped before it was ready`),
    );
    const child = this.#child;
    if (!child || !isRunning(child)) return;
    const closed = once(child, "close");
    // SIGKILL goes to the whole process group, so that no child of the process survives it.
    if (signal === "SIGKILL") process.kill(-(child.pid as number), signal);
    else child.kill(signal);
    await closed;
  }

  #launch(): void {
    const startedAt = performance.now();
    // The process runs in its own session, because Ctrl-C must reach only the supervisor, which
    // stops all processes in order.
    const child = spawn(this.spec.command, this.spec.args ?? [], {
      env: { ...this.spec.env, HONUA_SUPERVISED: "1" },
      cwd: this.spec.cwd,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    this.#child = child;
    const stopWatchdog =
      this.spec.endsWithInput === false && child.pid
        ? startParentProcessWatchdog(child.pid)
        : () => undefined;
    this.#readOutput(child);
    let spawnError: Error | undefined;
    child.once("error", (error) => {
      spawnError = error;
    });
    child.once("close", (code, signal) => {
      stopWatchdog();
      const exit = spawnError?.message ?? (signal ? `ended by ${signal}` : `exited with ${code}`);
      this.#handleExit({ exit, code, uptimeMs: performance.now() - startedAt });
    });
    const { readyWhen } = this.spec;
    if (!readyWhen) this.#markReady();
    else if ("probe" in readyWhen) void this.#probeUntilReady(child, readyWhen.probe);
  }

  #readOutput(child: ChildProcessWithoutNullStreams): void {
    // A write to a process that has exited must not crash this one. The exit is handled separately.
    child.stdin.on("error", () => undefined);
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on("line", (line) => this.#handleLine(line));
    }
  }

  #handleLine(line: string): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
    this.#events.onLine(line);
    const { readyWhen } = this.spec;
    if (!this.#isReady && readyWhen && "line" in readyWhen && readyWhen.line(line)) {
      this.#markReady();
    }
  }

  #handleExit(end: { exit: string; code: number | null; uptimeMs: number }): void {
    if (this.#isEnding) return;
    if (end.code === EXIT_CONFIGURATION && !this.#isReady) {
      this.#failStart("invalid-configuration", end.exit);
      return;
    }
    const { failures, delayMs } = nextRestartBackoff(this.#failures, end.uptimeMs);
    this.#failures = failures;
    this.#events.onRestart({ exit: end.exit, delayMs });
    this.#restartTimer = setTimeout(() => this.#launch(), delayMs);
  }

  async #probeUntilReady(child: ChildProcess, probe: () => Promise<boolean>): Promise<void> {
    while (!this.#isReady && !this.#isEnding && isRunning(child)) {
      if (await probe().catch(() => false)) return this.#markReady();
      await delay(PROBE_INTERVAL_MS);
    }
  }

  #markReady(): void {
    this.#isReady = true;
    this.#ready.resolve();
  }

  #failStart(code: "not-ready" | "invalid-configuration", reason: string): void {
    const { name } = this.spec;
    const ErrorClass = code === "not-ready" ? TransientError : PermanentError;
    const output = summarizeOutput(this.#lastLines);
    const message = [`${name} ${reason}. Its last output:`, ...output].join("\n  ");
    this.#ready.reject(new ErrorClass(code, message, { data: { name } }));
    void this.end("SIGKILL");
  }
}

/** Extracts the messages from JSON log lines: only the errors if there are any, without duplicates. */
function summarizeOutput(lines: string[]): string[] {
  const entries = lines.map((line) => {
    try {
      const { level, msg } = JSON.parse(line) as { level?: string; msg?: string };
      return { level, text: msg ?? line };
    } catch {
      return { level: undefined, text: line };
    }
  });
  const errors = entries.filter(({ level }) => level === "error" || level === "fatal");
  return [...new Set((errors.length > 0 ? errors : entries).map(({ text }) => text))];
}

function isRunning(child: ChildProcess | undefined): boolean {
  return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
