import { ProgramFailed, runProgram } from "@honua/service-kit";
import { CommandError, EXIT } from "../command-error.ts";

/** Larger than the largest bundle. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Enough for the slowest command, which clones the sample repository. */
const DEFAULT_DEADLINE_MS = 60_000;

export const GIT_MISSING =
  "Git is not installed. Install it (Debian: 'apt install git') and try again.";

/**
 * Runs Git in a directory, without prompts and with English messages.
 *
 * @param options.input text for standard input
 * @param options.deadlineMs milliseconds after which Git and all its child processes are ended
 * @returns standard output
 * @throws CommandError with the message of Git
 */
export async function runGit(
  directory: string,
  args: readonly string[],
  options: { input?: string; deadlineMs?: number } = {},
): Promise<Buffer> {
  const { deadlineMs = DEFAULT_DEADLINE_MS, input = "" } = options;
  const interruption = abortOnInterrupt();
  try {
    return await runProgram("git", args, {
      directory,
      environment: { ...process.env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
      input,
      deadlineMs,
      outputBytes: MAX_OUTPUT_BYTES,
      signal: interruption.signal,
    });
  } catch (cause) {
    if (!(cause instanceof ProgramFailed)) throw cause;
    const exitCode = cause.why === "aborted" ? EXIT.interrupted : EXIT.failed;
    throw new CommandError(failureMessage(args, deadlineMs, cause), exitCode, { cause });
  } finally {
    interruption.removeListeners();
  }
}

/**
 * Git runs in its own process group, which Ctrl-C in the terminal does not reach. Without this
 * signal, a `git ls-remote` that waits for its host would outlive the command.
 */
function abortOnInterrupt(): { signal: AbortSignal; removeListeners(): void } {
  const controller = new AbortController();
  const signals = ["SIGINT", "SIGTERM"] as const;
  const abort = () => controller.abort();
  for (const signal of signals) process.once(signal, abort);
  return {
    signal: controller.signal,
    removeListeners() {
      for (const signal of signals) process.off(signal, abort);
    },
  };
}

function failureMessage(
  args: readonly string[],
  deadlineMs: number,
  failure: ProgramFailed,
): string {
  const command = `git ${args[0]}`;
  switch (failure.why) {
    case "missing":
      return GIT_MISSING;
    case "timeout":
      return `${command} did not finish within ${deadlineMs / 1_000} s.`;
    case "aborted":
      return `${command} was interrupted.`;
    case "too-much-output":
      return `${command} printed more than ${MAX_OUTPUT_BYTES / 1024 / 1024} MiB.`;
    default:
      return `${command} failed: ${failure.stderr.trim().replace(/^fatal: /, "") || failure.message}`;
  }
}
