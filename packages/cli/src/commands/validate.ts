import { resolve } from "node:path";
import type { Problem } from "@honua/contracts";
import { compileBundle, formatProblem } from "@honua/release";
import { countOf } from "@honua/text";
import type { Command } from "commander";
import {
  type CommandContext,
  examples,
  show,
  withAnnotations,
  withOutput,
} from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { colors } from "../output/colours.ts";
import { githubAnnotation } from "../output/github-annotations.ts";
import type { OutputFormat } from "../output/render-value.ts";
import { prefixInRepository } from "../repository/committed-files.ts";
import { chooseEnvironments } from "../repository/environment-files.ts";
import { environmentsOfTree, readTree } from "../repository/working-copy-files.ts";

interface ValidateFlags {
  environment?: string;
  output: OutputFormat;
  format?: "github";
}

interface Validation {
  environment: string;
  ok: boolean;
  problems: Problem[];
  warnings: Problem[];
}

/** `honua validate [directory]`: offline, for pull requests. */
export function validateCommand(program: Command, context: CommandContext): void {
  withAnnotations(withOutput(program.command("validate")))
    .description("check a configuration repository without any service, as a pull request does")
    .argument("[directory]", "working copy of the repository", ".")
    .option("--environment <name>", "only this environment")
    .addHelpText(
      "after",
      `\nEnds with 1 when something is wrong.\n${examples(
        "honua validate",
        "honua validate ../honua-config --environment production",
        "honua validate --format github",
      )}`,
    )
    .action(async (given: string, flags: ValidateFlags) => {
      const directory = resolve(context.directory, given);
      const known = await environmentsOfTree(directory);
      const results: Validation[] = [];
      for (const environment of chooseEnvironments(known, flags.environment, given)) {
        results.push(await validate(directory, environment));
      }
      if (flags.format === "github") {
        const prefix = await prefixInRepository(directory);
        const lines = results.flatMap((one) => annotations(one, prefix));
        // What `common` and the policy hold is wrong for each environment, and is shown once.
        for (const line of new Set(lines)) context.print(line);
      } else show(context, flags, results, formatValidations);
      if (results.some(({ ok }) => !ok)) throw new CommandFailed("", EXIT.failed);
    });
}

async function validate(directory: string, environment: string): Promise<Validation> {
  const { bundle, problems: unread } = await readTree(directory, environment);
  const compiled = compileBundle(bundle);
  const problems = [...unread, ...(compiled.ok ? [] : compiled.problems)];
  return { environment, ok: problems.length === 0, problems, warnings: compiled.warnings };
}

function annotations({ problems, warnings }: Validation, prefix: string): string[] {
  return [
    ...problems.map((problem) => githubAnnotation("error", problem, prefix)),
    ...warnings.map((problem) => githubAnnotation("warning", problem, prefix)),
  ];
}

function formatValidations(all: Validation[]): string {
  if (all.length === 0) return "There is no environment yet.";
  return all
    .flatMap(({ environment, ok, problems, warnings }) => [
      ...problems.map((problem) => `${colors.red("error")}: ${formatProblem(problem)}`),
      ...warnings.map((problem) => `${colors.yellow("warning")}: ${formatProblem(problem)}`),
      `${environment}: ${ok ? colors.green("valid") : colors.red(countOf(problems.length, "problem"))}`,
    ])
    .join("\n");
}
