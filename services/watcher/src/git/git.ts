import { type SimpleGit, simpleGit } from "simple-git";

/** Milliseconds without any output after which git is taken for stuck and killed. */
const SILENCE_MS = 60_000;
/** Milliseconds after which a command is killed, unless told otherwise. */
const WITHIN_MS = 60_000;

export interface GitOptions {
  /** Text for the standard input of git; must not be empty. */
  input?: string;
  /** Milliseconds after which the command is killed, however busy it is. */
  withinMs?: number;
}

/** The git program, given fixed argument lists only. */
export interface Git {
  /** @throws GitFailed */
  text(directory: string, args: readonly string[], options?: GitOptions): Promise<string>;
  /** Output of `git cat-file`, byte for byte. @throws GitFailed */
  catFile(directory: string, args: readonly string[], options: GitOptions): Promise<Buffer>;
}

/** A git command did not succeed; `explainGitFailure` says what that means. */
export class GitFailed extends Error {
  override readonly name = "GitFailed";
  readonly why: "exit" | "timeout" | "stopped";
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
 * @param stop kills whatever runs when it aborts
 */
export function createGit(options: {
  environment: Readonly<Record<string, string>>;
  stop: AbortSignal;
}): Git {
  const { environment, stop } = options;
  const guarded = Object.keys(environment).filter((name) => name.startsWith("GIT_"));

  async function run<Output>(
    directory: string,
    { input, withinMs = WITHIN_MS }: GitOptions,
    command: (git: SimpleGit) => PromiseLike<Output>,
  ): Promise<Output> {
    const deadline = AbortSignal.timeout(withinMs);
    let failure: GitFailed | undefined;
    try {
      const git = simpleGit({
        baseDir: directory,
        abort: AbortSignal.any([stop, deadline]),
        timeout: { block: SILENCE_MS },
        completion: { onClose: true, onExit: false },
        allowEnvironment: guarded,
        // What these guard against is what `gitEnvironment` sets, and nobody else can.
        unsafe: {
          allowUnsafeConfigEnvCount: true,
          allowUnsafeConfigPaths: true,
          allowUnsafeCredentialHelper: true,
          allowUnsafeHooksPath: true,
          allowUnsafeProtocolOverride: true,
          allowUnsafeSshCommand: true,
        },
        // simple-git takes a command for failed only when it also wrote to stderr.
        errors: (error, result) => {
          if (error instanceof Error && "plugin" in error) return error;
          if (result.exitCode === 0) return undefined;
          failure = new GitFailed("exit", Buffer.concat(result.stdErr).toString("utf8"));
          return failure;
        },
        ...(input === undefined ? {} : { input: () => input }),
      }).env({ ...environment });
      return await command(git);
    } catch (error) {
      if (stop.aborted) throw new GitFailed("stopped", "", error);
      const plugin = (error as { plugin?: unknown }).plugin;
      if (deadline.aborted || plugin === "timeout") throw new GitFailed("timeout", "", error);
      // simple-git wraps what `errors` returns, which would hide the standard error.
      if (failure) throw failure;
      throw new GitFailed("exit", error instanceof Error ? error.message : String(error), error);
    }
  }

  return {
    text: (directory, args, runOptions = {}) =>
      run(directory, runOptions, (git) => git.raw([...args])),
    catFile: (directory, args, runOptions) =>
      run(directory, runOptions, (git) => git.binaryCatFile([...args]) as PromiseLike<Buffer>),
  };
}
