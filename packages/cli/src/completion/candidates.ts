import { DEPLOYMENT_STATES, STREAMED_EVENT_NAMES } from "@honua/contracts";
import type { Argument, Command, Option } from "commander";
import { OUTPUT_FORMATS } from "../output/render-value.ts";

/** What may come next on a command line: words that are known, or what a system must be asked for. */
export type Completion =
  | { kind: "words"; words: string[] }
  | { kind: "files" }
  | { kind: "environments" }
  | { kind: "deployments"; environment: string | undefined }
  | { kind: "pending" };

const NOTHING: Completion = { kind: "words", words: [] };

/** Options whose values are known, by their long name. */
const VALUES: Record<string, Completion> = {
  "--output": { kind: "words", words: [...OUTPUT_FORMATS] },
  "--environment": { kind: "environments" },
  "--state": { kind: "words", words: [...DEPLOYMENT_STATES] },
  "--types": { kind: "words", words: ["deploy.*", "environment.*", ...STREAMED_EVENT_NAMES] },
  "--home": { kind: "files" },
  "--repo": { kind: "files" },
};
export const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * What may stand where the cursor is.
 *
 * @param words those behind `honua`, the last one being the one that is typed, maybe empty
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const typed = words.at(-1) ?? "";
  let command = program;
  let positionals: string[] = [];
  let awaiting: Option | undefined;
  const options = new Map<string, string>();
  for (const word of words.slice(0, -1)) {
    if (awaiting) {
      options.set(awaiting.long ?? "", word);
      awaiting = undefined;
      continue;
    }
    if (word.startsWith("-")) {
      const option = optionOf(command, word);
      if (option && takesValue(option) && !word.includes("=")) awaiting = option;
      continue;
    }
    const below = positionals.length === 0 ? subcommand(command, word) : undefined;
    if (below) command = below;
    else positionals = [...positionals, word];
  }
  if (awaiting) return valuesOf(awaiting, command, positionals);
  if (typed.startsWith("-")) return { kind: "words", words: optionNames(command) };
  const commands = positionals.length === 0 ? visible(command).map((one) => one.name()) : [];
  const argument = command.registeredArguments[positionals.length];
  if (commands.length > 0 || !argument) return { kind: "words", words: commands };
  return valuesOfArgument(argument, command, options);
}

/** Those that are the beginning of nothing else are left out. */
export function matching(words: readonly string[], typed: string): string[] {
  return words.filter((word) => word.startsWith(typed));
}

function valuesOf(option: Option, command: Command, positionals: string[]): Completion {
  if (option.argChoices) return { kind: "words", words: option.argChoices };
  // Where to go back to is a deployment of the environment that was named.
  if (option.long === "--to") return { kind: "deployments", environment: positionals[0] };
  if (command.name() === "doctor" && option.long === "--home") return { kind: "files" };
  return VALUES[option.long ?? ""] ?? NOTHING;
}

function valuesOfArgument(
  argument: Argument,
  command: Command,
  options: ReadonlyMap<string, string>,
): Completion {
  switch (argument.name()) {
    case "environment":
      return { kind: "environments" };
    case "id":
      return ["approve", "reject"].includes(command.name())
        ? { kind: "pending" }
        : { kind: "deployments", environment: options.get("--environment") };
    case "shell":
      return { kind: "words", words: [...SHELLS] };
    default:
      return { kind: "files" };
  }
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function visible(command: Command): Command[] {
  return command.createHelp().visibleCommands(command);
}

function optionNames(command: Command): string[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ long }) => (long ? [long] : [])).sort();
}

function optionOf(command: Command, word: string): Option | undefined {
  const name = word.split("=", 1)[0];
  return command.options.find(({ long, short }) => long === name || short === name);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}
