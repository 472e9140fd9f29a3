import type { ChildProcess } from "node:child_process";
import { ProgramFailed, runProgram, superviseChild } from "@honua/service-kit";
import { type SimpleGit, simpleGit } from "simple-git";

/** Milliseconds without any output after which a command is ended. */
const SILENCE_MS = 60_000;
/** Milliseconds after which a command is ended, unless the caller sets another deadline. */
const DEADLINE_MS = 60_000;
/** Bytes of output that a command may write: more than the sizes of 500 full environments need. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;

export interface GitOptions {
  /** Text for the standard input of git; must not be empty. */
  input?: string;
  /** Milliseconds after which the command is ended, even if it shows progress. */
  deadlineMs?: number;
  /** Ends the command when it aborts. */
  signal?: AbortSignal;
}

/**
 * The git program, given fixed argument lists only. Every command runs in its own process group,
 * which is ended as a whole when the command exceeds its deadline or its output limit.
 */
export interface Git {
  /** @throws GitFailed */
  text(directory: string, args: readonly string[], options?: GitOptions): Promise<string>;
  /** Output of `git cat-file`, byte for byte. @throws GitFailed */
  catFile(directory: string, args: readonly string[], options: GitOptions): Promise<Buffer>;
  /**
   * Passes the output on in chunks, and ends git as soon as `onOutput` returns false.
   *
   * @throws GitFailed
   */
  stream(
    directory: string,
    args: readonly string[],
    onOutput: (chunk: Buffer) => boolean,
    options?: GitOptions,
  ): Promise<void>;
}

/** A git command did not succeed; `explainGitFailure` turns it into an error for the operator. */
export class GitFailed extends Error {
  override readonly name = "GitFailed";
  readonly why: "exit" | "timeout" | "stopped" | "too-much-output";
  readonly stderr: string;

  constructor(why: GitFailed["why"], stderr: string, cause?: unknown) {
    super(`git: ${stderr.trim() || why}`, { cause });
    this.why = why;
    this.stderr = stderr;
  }
}

/**
 * Runs git through simple-git.
 *
 * @param environment the whole environment of the git process, from `gitEnvironment`
 * @param stop ends all running commands when it aborts
 * @param silenceMs milliseconds without output after which a command is ended
 */
export function createGit(options: {
  environment: Readonly<Record<string, string>>;
  stop: AbortSignal;
  silenceMs?: number;
}): Git {
  const { environment, stop, silenceMs = SILENCE_MS } = options;
  const guarded = Object.keys(environment).filter((name) => name.startsWith("GIT_"));

  function limitsOf({ deadlineMs = DEADLINE_MS, signal }: GitOptions) {
    const signals = signal ? AbortSignal.any([stop, signal]) : stop;
    return { deadlineMs, silenceMs, outputBytes: OUTPUT_LIMIT, signal: signals };
  }

  async function run<Output>(
    directory: string,
    runOptions: GitOptions,
    command: (git: SimpleGit) => PromiseLike<Output>,
  ): Promise<Output> {
    const { input } = runOptions;
    const limits = limitsOf(runOptions);
    if (limits.signal.aborted) throw new GitFailed("stopped", "");
    let supervision: ReturnType<typeof superviseChild> | undefined;
    let stderr: string | undefined;
    try {
      const git = simpleGit({
        baseDir: directory,
        completion: { onClose: true, onExit: false },
        allowEnvironment: guarded,
        // simple-git refuses these from untrusted callers; here only `gitEnvironment` sets them.
        unsafe: {
          allowUnsafeConfigEnvCount: true,
          allowUnsafeConfigPaths: true,
          allowUnsafeCredentialHelper: true,
          allowUnsafeHooksPath: true,
          allowUnsafeProtocolOverride: true,
          allowUnsafeSshCommand: true,
        },
        // By default simple-git treats a command as failed only if it also wrote to stderr.
        errors: (error, result) => {
          if (error instanceof Error && "plugin" in error) return error;
          if (result.exitCode === 0) return undefined;
          stderr = Buffer.concat(result.stdErr).toString("utf8");
          return new Error(stderr);
        },
        ...(input === undefined ? {} : { input: () => input }),
      }).env({ ...environment });
      onSpawn(git, (child, close) => {
        supervision = superviseChild(child, limits, close);
      });
      const output = await command(git);
      const reason = supervision?.endedEarly();
      if (reason === undefined) return output;
      throw new GitFailed(WHY[reason], stderr ?? "");
    } catch (error) {
      if (error instanceof GitFailed) throw error;
      const reason = supervision?.endedEarly();
      if (reason !== undefined) throw new GitFailed(WHY[reason], stderr ?? "", error);
      // simple-git wraps the error returned by `errors`, which would hide the standard error.
      if (stderr !== undefined) throw new GitFailed("exit", stderr);
      throw new GitFailed("exit", error instanceof Error ? error.message : String(error), error);
    }
  }

  return {
    text: (directory, args, runOptions = {}) =>
      run(directory, runOptions, (git) => git.raw([...args])),
    catFile: (directory, args, runOptions) =>
      run(directory, runOptions, (git) => git.binaryCatFile([...args]) as PromiseLike<Buffer>),
    // simple-git keeps the whole output in memory, so long listings bypass it.
    async stream(directory, args, onOutput, runOptions = {}) {
      const { input } = runOptions;
      try {
        await runProgram("git", args, {
          ...limitsOf(runOptions),
          outputBytes: Number.POSITIVE_INFINITY,
          directory,
          environment,
          onOutput,
          ...(input === undefined ? {} : { input }),
        });
      } catch (error) {
        if (!(error instanceof ProgramFailed)) throw error;
        const why = error.why === "aborted" ? "stopped" : error.why;
        throw new GitFailed(why === "missing" ? "exit" : why, error.stderr, error);
      }
    },
  };
}

const WHY = {
  timeout: "timeout",
  "too-much-output": "too-much-output",
  aborted: "stopped",
  // Only `stream` ends a command because it has read enough.
  "enough-output": "exit",
} as const;

/** Members of the plugins of simple-git that this module uses (`SimpleGitPluginTypes`). */
interface PluginStore {
  add(
    plugin:
      | { type: "spawn.options"; action: (options: object) => object }
      | {
          type: "spawn.after";
          action: (
            data: undefined,
            context: { spawned: ChildProcess; close: (exitCode: number) => void },
          ) => void;
        },
  ): void;
}

/**
 * Starts each git process of this instance as the leader of a process group and passes it on.
 *
 * The options of simple-git do not reach the child process: its `timeout` and `abort` only send
 * SIGINT to git itself and then wait until every descendant has closed the pipes. Its own features
 * are plugins in an internal store, so we add ours there. The version of simple-git is pinned; a
 * version without this store fails at the first command instead of running unsupervised.
 */
function onSpawn(git: SimpleGit, supervise: (child: ChildProcess, close: () => void) => void) {
  const { _plugins } = git as unknown as { _plugins: PluginStore };
  _plugins.add({ type: "spawn.options", action: (given) => ({ ...given, detached: true }) });
  _plugins.add({
    type: "spawn.after",
    action: (data, { spawned, close }) => {
      supervise(spawned, () => close(-1));
      return data;
    },
  });
}
