import { createInterface } from "node:readline/promises";
import { CommanderError } from "commander";
import { CommandError, EXIT } from "./command-error.ts";
import { trustCertificateAuthorities } from "./connection/certificate-authorities.ts";
import { commandNameIn, spellCommands } from "./output/command-name.ts";
import { wrapText } from "./output/text-layout.ts";
import { escapeUntrustedText } from "./output/untrusted-text.ts";
import { createProgram } from "./program.ts";

const DEFAULT_TERMINAL_WIDTH = 80;
const environment = process.env;
const directory = environment.INIT_CWD ?? process.cwd();
const commandName = (folder: string) =>
  environment.HONUA_COMMAND ?? commandNameIn(folder, environment.PATH);

/** Asks on standard error, so that standard output contains only the result. */
async function askUser(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

let interruption: AbortSignal | undefined;

/** Returns a signal for Ctrl-C. From the first call on, Ctrl-C aborts it instead of the process. */
function interruptSignal(): AbortSignal {
  if (interruption) return interruption;
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => controller.abort());
  interruption = controller.signal;
  return interruption;
}

/** Returns Infinity without a terminal, and 80 for a terminal that reports no width. */
function terminalWidth(stream: NodeJS.WriteStream): number {
  return stream.isTTY ? stream.columns || DEFAULT_TERMINAL_WIDTH : Number.POSITIVE_INFINITY;
}

/** Prints an error with hints that can be typed here. The text may come from Git or a service. */
function printError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  if (!message) return;
  const escaped = escapeUntrustedText(`honua: ${message}`, { multiline: true });
  const text = spellCommands(escaped, commandName(directory));
  process.stderr.write(`${wrapText(text, terminalWidth(process.stderr))}\n`);
}

// The reader closed the pipe, as in `honua events | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

const program = createProgram({
  environment,
  directory,
  print: (text) => process.stdout.write(`${text}\n`),
  now: () => new Date(),
  isTerminal: process.stdout.isTTY === true,
  get width() {
    return terminalWidth(process.stdout);
  },
  progress: process.stderr,
  commandNameIn: commandName,
  interruptSignal,
  ...(process.stdin.isTTY && process.stderr.isTTY ? { askUser } : {}),
});

try {
  if (environment.HONUA_CA_FILE) trustCertificateAuthorities(environment.HONUA_CA_FILE);
  await program.parseAsync();
} catch (error) {
  if (interruption?.aborted) process.exitCode = EXIT.interrupted;
  else if (!(error instanceof CommanderError)) {
    printError(error);
    process.exitCode = error instanceof CommandError ? error.exitCode : EXIT.failed;
  }
}
