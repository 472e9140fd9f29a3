import { DEPLOYMENT_STATES, STREAMED_EVENT_NAMES } from "@honua/contracts";
import type { Argument, Command, Option } from "commander";
import { OUTPUT_FORMATS } from "../output/render-value.ts";

/** Candidates for the word at the cursor: known words, or a list that must be read. */
export type Candidates =
  | { kind: "words"; words: string[] }
  | { kind: "files" }
  | { kind: "environments" }
  | { kind: "deployments"; environment: string | undefined }
  | { kind: "pending-approvals" };

const NO_CANDIDATES: Candidates = { kind: "words", words: [] };

/** Candidates for the values of options, by the long name of the option. */
const OPTION_VALUES: Record<string, Candidates> = {
  "--output": { kind: "words", words: [...OUTPUT_FORMATS] },
  "--environment": { kind: "environments" },
  "--state": { kind: "words", words: [...DEPLOYMENT_STATES] },
  "--types": { kind: "words", words: ["deploy.*", "environment.*", ...STREAMED_EVENT_NAMES] },
  "--home": { kind: "files" },
  "--repo": { kind: "files" },
};
export const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * Finds the candidates for the word at the cursor.
 *
 * @param words the words after `honua`; the last one is the word at the cursor and may be empty
 */
export function findCandidates(program: Command, words: readonly string[]): Candidates {
  const typed = words.at(-1) ?? "";
  let command = program;
  let positionals: string[] = [];
  let awaitingValue: Option | undefined;
  const optionValues = new Map<string, string>();
  for (const word of words.slice(0, -1)) {
    if (awaitingValue) {
      optionValues.set(awaitingValue.long ?? "", word);
      awaitingValue = undefined;
      continue;
    }
    if (word.startsWith("-")) {
      const option = findOption(command, word);
      if (option && takesValue(option) && !word.includes("=")) awaitingValue = option;
      continue;
    }
    const subcommand = positionals.length === 0 ? findSubcommand(command, word) : undefined;
    if (subcommand) command = subcommand;
    else positionals = [...positionals, word];
  }
  if (awaitingValue) return candidatesForOption(awaitingValue, positionals);
  if (typed.startsWith("-")) return { kind: "words", words: optionNames(command) };
  const subcommands =
    positionals.length === 0 ? visibleSubcommands(command).map((child) => child.name()) : [];
  const argument = command.registeredArguments[positionals.length];
  if (subcommands.length > 0 || !argument) return { kind: "words", words: subcommands };
  return candidatesForArgument(argument, command, optionValues);
}

function candidatesForOption(option: Option, positionals: string[]): Candidates {
  if (option.argChoices) return { kind: "words", words: option.argChoices };
  // `rollback <environment> --to` takes a deployment of that environment.
  if (option.long === "--to") return { kind: "deployments", environment: positionals[0] };
  return OPTION_VALUES[option.long ?? ""] ?? NO_CANDIDATES;
}

function candidatesForArgument(
  argument: Argument,
  command: Command,
  optionValues: ReadonlyMap<string, string>,
): Candidates {
  switch (argument.name()) {
    case "environment":
      return { kind: "environments" };
    case "id":
      return ["approve", "reject"].includes(command.name())
        ? { kind: "pending-approvals" }
        : { kind: "deployments", environment: optionValues.get("--environment") };
    case "shell":
      return { kind: "words", words: [...SHELLS] };
    default:
      return { kind: "files" };
  }
}

function findSubcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((child) => child.name() === word || child.aliases().includes(word));
}

function visibleSubcommands(command: Command): Command[] {
  return command.createHelp().visibleCommands(command);
}

function optionNames(command: Command): string[] {
  const options = command.createHelp().visibleOptions(command);
  return options.flatMap(({ long }) => (long ? [long] : [])).sort();
}

function findOption(command: Command, word: string): Option | undefined {
  const name = word.split("=", 1)[0];
  return command.options.find(({ long, short }) => long === name || short === name);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}
