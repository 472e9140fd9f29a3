import { ProgramFailed, runProgram } from "@honua/service-kit";
import { CommandFailed, EXIT } from "../command-error.ts";

/** Bytes of output that are accepted: more than a bundle may have. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;
/** Milliseconds for a command. The largest one clones the sample repository. */
const DEADLINE_MS = 60_000;

/**
 * Runs Git in a directory, with its messages in English and without prompts.
 *
 * @param options.input text for its standard input
 * @param options.deadlineMs milliseconds after which it is ended with every process it started
 * @throws CommandFailed with the message of Git
 */
export async function git(
  directory: string,
  args: readonly string[],
  options: { input?: string; deadlineMs?: number } = {},
): Promise<Buffer> {
  const { deadlineMs = DEADLINE_MS, input = "" } = options;
  const interruption = abortOnInterruption();
  try {
    return await runProgram("git", args, {
      directory,
      environment: { ...process.env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
      input,
      deadlineMs,
      outputBytes: OUTPUT_LIMIT,
      signal: interruption.signal,
    });
  } catch (cause) {
    if (!(cause instanceof ProgramFailed)) throw cause;
    const code = cause.why === "aborted" ? EXIT.interrupted : EXIT.failed;
    throw new CommandFailed(messageOf(args, deadlineMs, cause), code, { cause });
  } finally {
    interruption.stop();
  }
}

/**
 * Git runs in a process group of its own, which Ctrl-C in the terminal does not reach. Without this
 * a `git ls-remote` that waits for its host would outlive the command.
 */
function abortOnInterruption(): { signal: AbortSignal; stop(): void } {
  const interruption = new AbortController();
  const names = ["SIGINT", "SIGTERM"] as const;
  const abort = () => interruption.abort();
  for (const name of names) process.once(name, abort);
  return {
    signal: interruption.signal,
    stop() {
      for (const name of names) process.off(name, abort);
    },
  };
}

function messageOf(args: readonly string[], deadlineMs: number, failure: ProgramFailed): string {
  const command = `git ${args[0]}`;
  switch (failure.why) {
    case "missing":
      return GIT_MISSING;
    case "timeout":
      return `${command} did not finish within ${deadlineMs / 1_000} s.`;
    case "aborted":
      return `${command} was interrupted.`;
    case "too-much-output":
      return `${command} printed more than ${OUTPUT_LIMIT / 1024 / 1024} MiB.`;
    default:
      return `${command}: ${failure.stderr.trim().replace(/^fatal: /, "") || failure.message}`;
  }
}

export const GIT_MISSING =
  "Git is not installed. Install it (Debian: apt install git) and try again.";
