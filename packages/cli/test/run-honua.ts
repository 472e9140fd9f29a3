import { tmpdir } from "node:os";
import type { Command } from "commander";
import type { CommandContext } from "../src/command-context.ts";
import { createProgram } from "../src/program.ts";

/** What a command needs besides, where nobody watches. */
export const unattended = {
  now: () => new Date("2026-11-22T12:00:00Z"),
  isTerminal: false,
  progress: { write: () => undefined },
  interrupted: () => new AbortController().signal,
};

/** Runs the `honua` command in this process; gives what it printed and how it ended. */
export async function honua(
  args: string[],
  environment: Record<string, string>,
  over: Partial<CommandContext> = {},
): Promise<{ output: string; exitCode: number }> {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text);
  const program = createProgram({
    environment,
    directory: tmpdir(),
    print,
    ...unattended,
    ...over,
  });
  redirect(program, print);
  try {
    await program.parseAsync(["node", "honua", ...args]);
    return { output: lines.join("\n"), exitCode: 0 };
  } catch (error) {
    const { exitCode = 1, message } = error as { exitCode?: number; message: string };
    return { output: [...lines, message].join("\n"), exitCode };
  }
}

/** What commander itself says, such as help, goes to whoever prints. */
function redirect(command: Command, print: (text: string) => void): void {
  command.configureOutput({ writeErr: print, writeOut: print });
  for (const below of command.commands) redirect(below, print);
}
