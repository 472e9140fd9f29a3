import { CommanderError } from "commander";
import { CommandFailed, EXIT } from "./exit.ts";
import { createProgram } from "./program.ts";

const program = createProgram({
  environment: process.env,
  directory: process.env.INIT_CWD ?? process.cwd(),
  print: (text) => process.stdout.write(`${text}\n`),
  now: () => new Date(),
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) {
    const message = error instanceof Error ? error.message : String(error);
    if (message) process.stderr.write(`honua: ${message}\n`);
    process.exitCode = error instanceof CommandFailed ? error.exitCode : EXIT.failed;
  }
}
