import { type ApiClient, createApiClient } from "./api/api-client.ts";
import { type ConnectionFlags, findConnection } from "./connection/find-connection.ts";
import { spellCommands } from "./output/command-name.ts";
import type { ProgressStream } from "./output/progress.ts";
import {
  type OutputFormat,
  type Print,
  renderValue,
  type TextFormatter,
} from "./output/render-value.ts";

/** The environment of a command: variables, terminal, clock and signals. */
export interface CommandContext {
  environment: Readonly<Record<string, string | undefined>>;
  directory: string;
  print: Print;
  now: () => Date;
  /** Whether standard output is a terminal. */
  isTerminal: boolean;
  /** Columns of the terminal at standard output; Infinity if it is not a terminal. */
  width: number;
  /** Standard error, for progress. */
  progress: ProgressStream;
  /** What the user can type in a directory to run `honua`, for hints. */
  commandNameIn: (directory: string) => string;
  /** A signal that aborts at Ctrl-C. Before the first call, Ctrl-C ends the process. */
  interruptSignal: () => AbortSignal;
  /** Asks the user a question; undefined without a terminal. */
  askUser?: (question: string) => Promise<string>;
}

/** Creates a client for the system that the options select. */
export async function connectApi(
  context: CommandContext,
  flags: ConnectionFlags,
): Promise<ApiClient> {
  return createApiClient(await findConnection(flags, context.environment, context.directory));
}

/** Prints the result of a command in the selected format. */
export function printResult<Value>(
  context: CommandContext,
  flags: { output: OutputFormat },
  value: Value,
  formatText: TextFormatter<Value>,
): void {
  context.print(renderResult(context, flags, value, formatText));
}

/** Renders the result of a command in the selected format, with hints that can be typed here. */
export function renderResult<Value>(
  context: CommandContext,
  { output }: { output: OutputFormat },
  value: Value,
  formatText: TextFormatter<Value>,
): string {
  const text = renderValue(value, output, formatText, context.width);
  return output === "table" ? spellCommands(text, context.commandNameIn(context.directory)) : text;
}
