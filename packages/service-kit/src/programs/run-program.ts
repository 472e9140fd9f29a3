import { spawn } from "node:child_process";
import { type ChildLimits, type EarlyEnd, superviseChild } from "./supervise-child.ts";

export interface ProgramOptions extends ChildLimits {
  /** Working directory. Default: that of this process. */
  directory?: string;
  /** The whole environment of the program. Default: that of this process. */
  environment?: NodeJS.ProcessEnv;
  /** Text for its standard input. Default: none. */
  input?: string;
  /**
   * Receives standard output while it arrives, instead of collecting it. Return false to end the
   * program because no more output is needed; `runProgram` then succeeds.
   */
  onOutput?: (chunk: Buffer) => boolean;
}

/** A program did not succeed. */
export class ProgramFailed extends Error {
  override readonly name = "ProgramFailed";
  /** `missing`: the program is not installed, or its working directory does not exist. */
  readonly why: "exit" | "missing" | Exclude<EarlyEnd, "enough-output">;
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(
    program: string,
    failure: { why: ProgramFailed["why"]; exitCode?: number | undefined; stderr: string },
    options?: { cause: unknown },
  ) {
    super(`${program}: ${failure.stderr.trim() || describe(failure)}`, options);
    this.why = failure.why;
    this.exitCode = failure.exitCode;
    this.stderr = failure.stderr;
  }
}

function describe({ why, exitCode }: { why: ProgramFailed["why"]; exitCode?: number | undefined }) {
  return why === "exit" ? `exited with ${exitCode ?? "a signal"}` : why;
}

/**
 * Runs a program in its own process group, within a deadline and an output limit.
 *
 * @returns its standard output, empty if `onOutput` is given
 * @throws ProgramFailed
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<Buffer> {
  const { directory, environment, input, onOutput } = options;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const supervision = superviseChild(child, options, () => finish(null));

  function finish(exitCode: number | null) {
    const why = supervision.endedEarly() ?? "exit";
    if (why === "enough-output" || (why === "exit" && exitCode === 0)) {
      resolve(Buffer.concat(stdout));
      return;
    }
    const errors = Buffer.concat(stderr).toString("utf8");
    reject(new ProgramFailed(program, { why, exitCode: exitCode ?? undefined, stderr: errors }));
  }

  child.stdout.on("data", (chunk: Buffer) => {
    if (!onOutput) stdout.push(chunk);
    else if (supervision.endedEarly() === undefined && !onOutput(chunk)) {
      supervision.end("enough-output");
    }
  });
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.once("error", (cause: NodeJS.ErrnoException) => {
    const why = cause.code === "ENOENT" ? "missing" : "exit";
    reject(new ProgramFailed(program, { why, stderr: cause.message }, { cause }));
  });
  child.once("close", finish);
  child.stdin.end(input ?? "");
  return promise;
}
