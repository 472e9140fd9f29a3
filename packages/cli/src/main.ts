import { createInterface } from "node:readline/promises";
import { CommanderError } from "commander";
import { CommandFailed, EXIT } from "./exit.ts";
import { createProgram } from "./program.ts";
import { trustAuthorities } from "./trust.ts";

/** On standard error, so that what is piped on stays clean. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

const program = createProgram({
  environment: process.env,
  directory: process.env.INIT_CWD ?? process.cwd(),
  print: (text) => process.stdout.write(`${text}\n`),
  now: () => new Date(),
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
});

try {
  if (process.env.HONUA_CA_FILE) trustAuthorities(process.env.HONUA_CA_FILE);
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) {
    const message = error instanceof Error ? error.message : String(error);
    if (message) process.stderr.write(`honua: ${message}\n`);
    process.exitCode = error instanceof CommandFailed ? error.exitCode : EXIT.failed;
  }
}
