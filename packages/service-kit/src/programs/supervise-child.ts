import type { ChildProcess } from "node:child_process";

/** Limits of one child process and of everything that it starts. */
export interface ChildLimits {
  /** Milliseconds after which the process group is ended, even if it is still busy. */
  deadlineMs: number;
  /** Milliseconds without any output after which the process group is ended. Default: no limit. */
  silenceMs?: number;
  /** Bytes of standard output and standard error together. */
  outputBytes: number;
  /** Ends the process group when it aborts. */
  signal?: AbortSignal | undefined;
}

/** Why a process group was ended before it finished. */
export type EarlyEnd = "timeout" | "too-much-output" | "aborted" | "enough-output";

/** Milliseconds between SIGTERM, on which git removes its lock files, and SIGKILL. */
const TERMINATION_GRACE_MS = 500;
/** Milliseconds after SIGKILL until a process that still does not end is abandoned. */
const ABANDON_AFTER_MS = 1_000;
/** Milliseconds that the pipes may stay open and silent after the child itself has exited. */
const DRAIN_MS = 2_000;

/**
 * Enforces limits on a child process and on its descendants.
 *
 * Killing only the direct child is not enough: `git fetch` starts ssh, git-remote-https and
 * index-pack, which keep its pipes open, so that Node never reports the child as closed. This
 * function signals the whole process group and closes our ends of the pipes, so that no descendant
 * can make the caller wait.
 *
 * @param child spawned with `detached: true`, which makes it the leader of its own process group
 * @param onAbandoned called if the child does not exit even after SIGKILL (for example because a
 *   network file system blocks it in the kernel); the caller must stop waiting for it
 */
export function superviseChild(
  child: ChildProcess,
  limits: ChildLimits,
  onAbandoned: () => void = () => undefined,
): { end(reason: EarlyEnd): void; endedEarly(): EarlyEnd | undefined } {
  const { deadlineMs, silenceMs, outputBytes, signal } = limits;
  let endedEarly: EarlyEnd | undefined;
  let received = 0;
  let drain: NodeJS.Timeout | undefined;
  let abandon: NodeJS.Timeout | undefined;
  const deadline = setTimeout(() => end("timeout"), deadlineMs);
  const silence = silenceMs === undefined ? undefined : setTimeout(() => end("timeout"), silenceMs);
  const abort = () => end("aborted");

  for (const output of [child.stdout, child.stderr]) {
    output?.on("data", (chunk: Buffer) => {
      silence?.refresh();
      drain?.refresh();
      received += chunk.length;
      if (received > outputBytes) end("too-much-output");
    });
  }
  // A child that exits before it has read all its input is reported by its exit code.
  child.stdin?.on("error", () => undefined);
  child.once("exit", () => {
    drain = setTimeout(() => {
      signalGroup("SIGKILL");
      closePipes();
    }, DRAIN_MS);
  });
  child.once("close", stopWatching);
  child.once("error", stopWatching);
  if (signal?.aborted) abort();
  else signal?.addEventListener("abort", abort, { once: true });

  function end(reason: EarlyEnd) {
    if (endedEarly !== undefined) return;
    endedEarly = reason;
    signalGroup("SIGTERM");
    closePipes();
    // Not cancelled when the child closes: one of its descendants may ignore SIGTERM.
    setTimeout(() => signalGroup("SIGKILL"), TERMINATION_GRACE_MS);
    abandon = setTimeout(onAbandoned, TERMINATION_GRACE_MS + ABANDON_AFTER_MS);
  }

  function signalGroup(name: NodeJS.Signals) {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // ESRCH: no process of the group is left.
    }
  }

  function closePipes() {
    child.stdin?.destroy();
    child.stdout?.destroy();
    child.stderr?.destroy();
  }

  function stopWatching() {
    for (const timer of [deadline, silence, drain, abandon]) clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }

  return { end, endedEarly: () => endedEarly };
}
