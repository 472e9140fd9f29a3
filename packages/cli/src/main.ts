import { createInterface } from "node:readline/promises";
import { CommanderError } from "commander";
import { CommandFailed, EXIT } from "./command-error.ts";
import { trustAuthorities } from "./connection/certificate-authorities.ts";
import { createProgram } from "./program.ts";

/** On standard error, so that what is piped on stays clean. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

let interruption: AbortSignal | undefined;

/** From the first time on, Ctrl-C ends what is waited for instead of the process. */
function interrupted(): AbortSignal {
  if (interruption) return interruption;
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
  interruption = controller.signal;
  return interruption;
}

// Whoever reads has had enough, as in `honua events | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

const program = createProgram({
  environment: process.env,
  directory: process.env.INIT_CWD ?? process.cwd(),
  print: (text) => process.stdout.write(`${text}\n`),
  now: () => new Date(),
  isTerminal: process.stdout.isTTY === true,
  progress: process.stderr,
  interrupted,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
});

try {
  if (process.env.HONUA_CA_FILE) trustAuthorities(process.env.HONUA_CA_FILE);
  await program.parseAsync();
} catch (error) {
  if (interruption?.aborted) process.exitCode = EXIT.interrupted;
  else if (!(error instanceof CommanderError)) {
    const message = error instanceof Error ? error.message : String(error);
    if (message) process.stderr.write(`honua: ${message}\n`);
    process.exitCode = error instanceof CommandFailed ? error.exitCode : EXIT.failed;
  }
}
