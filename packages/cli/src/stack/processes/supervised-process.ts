import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { PermanentError, TransientError } from "@honua/service-kit";
import { tether } from "./parent-process-watchdog.ts";
import { restartDelay } from "./restart-backoff.ts";

/** What to run, and how to tell that it works. */
export interface ProcessSpec {
  /** Several processes may share a name: they are instances of the same thing. */
  name: string;
  command: string;
  args?: string[];
  /** The whole environment of the process; nothing is inherited beside it. */
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** A line of output that says so, or a question asked every 50 ms until it is true. Default: at once. */
  readyWhen?: { line: (line: string) => boolean } | { probe: () => Promise<boolean> };
  /** Milliseconds until `start` gives up, restarts included. Default: 60 000. */
  readyWithinMs?: number;
  /** Layers stop from the highest to the lowest. Default: 0. */
  layer?: number;
  /** False for a program that would go on when its standard input ends. Default: true. */
  endsWithInput?: boolean;
}

/** Exit code of a process whose configuration is wrong (sysexits EX_CONFIG): restarting cannot help. */
const EXIT_CONFIGURATION = 78;
const PROBE_EVERY_MS = 50;
const LINES_TO_SHOW = 20;

export interface SupervisedProcess {
  spec: ProcessSpec;
  pid(): number | undefined;
  /** Settles when the process is ready for the first time. */
  ready: Promise<void>;
  /** Sends the signal and waits for the end; there is no restart after it. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Runs one process, again and again until it is ended. */
export function superviseProcess(
  spec: ProcessSpec,
  deps: {
    onLine: (line: string) => void;
    onRestart: (event: { exit: string; delayMs: number }) => void;
  },
): SupervisedProcess {
  const ready = Promise.withResolvers<void>();
  const lastLines: string[] = [];
  let child: ChildProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  let failures = 0;
  let ending = false;
  let isReady = false;

  const giveUp = setTimeout(
    () => fail(`was not ready after ${(spec.readyWithinMs ?? 60_000) / 1000} s`),
    spec.readyWithinMs ?? 60_000,
  );
  ready.promise.catch(() => undefined).finally(() => clearTimeout(giveUp));
  launch();
  return {
    spec,
    pid: () => (isRunning(child) ? child?.pid : undefined),
    ready: ready.promise,
    end,
  };

  function launch(): void {
    const startedAt = performance.now();
    // A session of its own: Ctrl-C reaches the supervisor only, which then stops all in order.
    const running = spawn(spec.command, spec.args ?? [], {
      env: { ...spec.env, HONUA_SUPERVISED: "1" },
      cwd: spec.cwd,
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    child = running;
    // A write to a process that is gone must not end this one; its exit is handled below.
    running.stdin.on("error", () => undefined);
    const letGo =
      spec.endsWithInput === false && running.pid ? tether(running.pid) : () => undefined;
    for (const output of [running.stdout, running.stderr]) {
      createInterface({ input: output }).on("line", read);
    }
    let spawnError: Error | undefined;
    running.once("error", (error) => {
      spawnError = error;
    });
    running.once("close", (code, signal) => {
      letGo();
      const exit = spawnError?.message ?? (signal ? `ended by ${signal}` : `exited with ${code}`);
      restartUnlessEnding({ exit, code, ranForMs: performance.now() - startedAt });
    });
    if (!spec.readyWhen) markReady();
    else if ("probe" in spec.readyWhen) void askUntilReady(running, spec.readyWhen.probe);
  }

  function restartUnlessEnding(end: { exit: string; code: number | null; ranForMs: number }): void {
    if (ending) return;
    if (end.code === EXIT_CONFIGURATION && !isReady) {
      fail(end.exit, "invalid-configuration");
      return;
    }
    const next = restartDelay(failures, end.ranForMs);
    failures = next.failures;
    deps.onRestart({ exit: end.exit, delayMs: next.delayMs });
    restart = setTimeout(launch, next.delayMs);
  }

  function read(line: string): void {
    lastLines.push(line);
    if (lastLines.length > LINES_TO_SHOW) lastLines.shift();
    deps.onLine(line);
    if (!isReady && spec.readyWhen && "line" in spec.readyWhen && spec.readyWhen.line(line)) {
      markReady();
    }
  }

  async function askUntilReady(asked: ChildProcess, probe: () => Promise<boolean>): Promise<void> {
    while (!isReady && !ending && isRunning(asked)) {
      if (await probe().catch(() => false)) return markReady();
      await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    }
  }

  function markReady(): void {
    isReady = true;
    ready.resolve();
  }

  function fail(what: string, code: "not-ready" | "invalid-configuration" = "not-ready"): void {
    const Failure = code === "not-ready" ? TransientError : PermanentError;
    const message = [`${spec.name} ${what}. Its last output:`, ...readable(lastLines)].join("\n  ");
    ready.reject(new Failure(code, message, { data: { name: spec.name } }));
    void end("SIGKILL");
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    ending = true;
    clearTimeout(restart);
    ready.reject(new TransientError("stopped", `${spec.name} was stopped before it was ready`));
    if (!child || !isRunning(child)) return;
    const closed = once(child, "close");
    // The whole group when there is no more asking, so that nothing it started outlives it.
    if (signal === "SIGKILL") process.kill(-(child.pid as number), signal);
    else child.kill(signal);
    await closed;
  }
}

/** Lines for people: the messages of a JSON log, errors alone when there are some, each once. */
function readable(lines: string[]): string[] {
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
