import { tmpdir } from "node:os";
import { createProgram } from "../../src/program.ts";

/** Runs the `honua` command in this process; gives what it printed and how it ended. */
export async function honua(
  args: string[],
  environment: Record<string, string>,
): Promise<{ output: string; exitCode: number }> {
  const lines: string[] = [];
  const print = (text: string) => lines.push(text);
  const program = createProgram({
    environment,
    directory: tmpdir(),
    print,
    now: () => new Date("2026-11-22T12:00:00Z"),
  });
  program.configureOutput({ writeErr: print, writeOut: print });
  for (const command of program.commands) command.configureOutput(program.configureOutput());
  try {
    await program.parseAsync(["node", "honua", ...args]);
    return { output: lines.join("\n"), exitCode: 0 };
  } catch (error) {
    const { exitCode = 1, message } = error as { exitCode?: number; message: string };
    return { output: [...lines, message].join("\n"), exitCode };
  }
}
