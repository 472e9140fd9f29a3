import { tmpdir } from "node:os";
import type { Command } from "commander";
import type { CommandContext } from "../src/command-context.ts";
import { createProgram } from "../src/program.ts";

/** The parts of the context that are the same for every test: no terminal, and a fixed clock. */
export const nonInteractive = {
  now: () => new Date("2026-11-22T12:00:00Z"),
  isTerminal: false,
  width: Number.POSITIVE_INFINITY,
  progress: { write: () => undefined },
  commandNameIn: () => "honua",
  interruptSignal: () => new AbortController().signal,
};

/**
 * Runs the `honua` command in this process.
 *
 * @returns what it printed, followed by the error message, and its exit code
 */
export async function runHonua(
  args: string[],
  environment: Record<string, string>,
  overrides: Partial<CommandContext> = {},
): Promise<{ output: string; exitCode: number }> {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text);
  const program = createProgram({
    environment,
    directory: tmpdir(),
    print,
    ...nonInteractive,
    ...overrides,
  });
  redirectOutput(program, print);
  try {
    await program.parseAsync(["node", "honua", ...args]);
    return { output: lines.join("\n"), exitCode: 0 };
  } catch (error) {
    const { exitCode = 1, message } = error as { exitCode?: number; message: string };
    return { output: [...lines, message].join("\n"), exitCode };
  }
}

/** Redirects the output of commander, such as help, to the same function. */
function redirectOutput(command: Command, print: (text: string) => void): void {
  command.configureOutput({ writeErr: print, writeOut: print });
  for (const subcommand of command.commands) redirectOutput(subcommand, print);
}
