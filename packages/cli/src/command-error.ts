/** What the exit code of a command tells a script. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  needsApproval: 3,
  refused: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message for people and a code for scripts. */
export class CommandFailed extends Error {
  override readonly name: string = "CommandFailed";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed, options?: { cause: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
