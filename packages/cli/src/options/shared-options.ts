import { type Command, Option } from "commander";
import type { ConnectionFlags } from "../connection/find-connection.ts";
import { OUTPUT_FORMATS, type OutputFormat } from "../output/render-value.ts";
import { wrapText } from "../output/text-layout.ts";

/** Options of every command that connects to a system. */
export interface CommonFlags extends ConnectionFlags {
  output: OutputFormat;
}

/** A deployment id for examples. */
export const EXAMPLE_DEPLOYMENT_ID = "production-20261121-090000-abc1234";

/** Adds the options that select the system, and `--output`. */
export function addConnectionOptions(command: Command): Command {
  const group = "System (default: HONUA_* variables, or the local stack):";
  const options = [
    new Option("--state-url <url>", "URL of the state service (HONUA_STATE_URL)"),
    new Option("--approvals-url <url>", "URL of the approvals service (HONUA_APPROVALS_URL)"),
    new Option("--token <token>", "access token (HONUA_TOKEN or HONUA_TOKEN_FILE)"),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  return addOutputOption(command);
}

/** Adds `--output`. */
export function addOutputOption(command: Command): Command {
  return command.option(
    "-o, --output <format>",
    OUTPUT_FORMATS.join(" | "),
    (value: string) => {
      const format = OUTPUT_FORMATS.find((name) => name === value);
      if (!format)
        throw command.error(`error: '${value}' is not one of ${OUTPUT_FORMATS.join(", ")}`, {
          exitCode: 2,
        });
      return format;
    },
    "table",
  );
}

/** Adds `--format github`. */
export function addAnnotationOption(command: Command): Command {
  return command.addOption(
    new Option("--format <format>", "github: annotations for GitHub Actions").choices(["github"]),
  );
}

/** Width of help texts, which is also the default of commander. */
export const HELP_WIDTH = 80;

/** Formats a paragraph of a command's help. */
export function formatHelpParagraph(text: string): string {
  return `\n${wrapText(text, HELP_WIDTH)}\n`;
}

/** Formats the examples at the end of a command's help. */
export function formatExamples(...commands: string[]): string {
  const title = commands.length === 1 ? "Example" : "Examples";
  return `\n${title}:\n${commands.map((command) => `  ${command}\n`).join("")}`;
}
