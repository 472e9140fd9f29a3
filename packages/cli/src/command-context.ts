import { type Command, Option } from "commander";
import { type Api, createApi } from "./api/api-client.ts";
import { type ConnectionFlags, findConnection } from "./connection/find-connection.ts";
import type { ProgressStream } from "./output/progress.ts";
import { OUTPUT_FORMATS, type OutputFormat, type Print, render } from "./output/render-value.ts";

/** What every command needs from the outside. */
export interface CommandContext {
  environment: Readonly<Record<string, string | undefined>>;
  directory: string;
  print: Print;
  now: () => Date;
  /** Whether standard output is a terminal. */
  isTerminal: boolean;
  /** Standard error, for what is going on. */
  progress: ProgressStream;
  /** Aborts at Ctrl-C, from the first time that it is asked for. */
  interrupted: () => AbortSignal;
  /** Asks a person; undefined where there is no terminal. */
  ask?: (question: string) => Promise<string>;
}

export interface CommonFlags extends ConnectionFlags {
  output: OutputFormat;
}

/** Adds the flags that every command has which talks to a running system. */
export function withConnection(command: Command): Command {
  const group = "Which system (default: HONUA_* variables, or the local stack):";
  const options = [
    new Option("--state-url <url>", "the state service; HONUA_STATE_URL"),
    new Option("--approvals-url <url>", "the approvals service; HONUA_APPROVALS_URL"),
    new Option("--token <token>", "who you are; HONUA_TOKEN or HONUA_TOKEN_FILE"),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  return withOutput(command);
}

/** The end of a command's help, behind what else it says there. */
export function examples(...commands: string[]): string {
  const title = commands.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${commands.map((command) => `  ${command}\n`).join("")}`;
}

/** Adds `--format github`. */
export function withAnnotations(command: Command): Command {
  return command.addOption(
    new Option("--format <format>", "github: annotations for GitHub Actions").choices(["github"]),
  );
}

/** Adds `-o`. */
export function withOutput(command: Command): Command {
  return command.option(
    "-o, --output <format>",
    OUTPUT_FORMATS.join(" | "),
    (value: string) => {
      const format = OUTPUT_FORMATS.find((known) => known === value);
      if (!format)
        throw command.error(`error: '${value}' is not one of ${OUTPUT_FORMATS.join(", ")}`, {
          exitCode: 2,
        });
      return format;
    },
    "table",
  );
}

/** The API of the system that these flags name. */
export async function connect(context: CommandContext, flags: ConnectionFlags): Promise<Api> {
  return createApi(await findConnection(flags, context.environment, context.directory));
}

/** Prints a value in the format that was asked for. */
export function show<Value>(
  context: CommandContext,
  flags: { output: OutputFormat },
  value: Value,
  table: (value: Value) => string,
): void {
  context.print(render(value, flags.output, table));
}
