import { resolve } from "node:path";
import type { Problem } from "@honua/contracts";
import { compileBundle, formatProblem } from "@honua/release";
import { countOf } from "@honua/text";
import type { Command } from "commander";
import { type CommandContext, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import {
  addAnnotationOption,
  addOutputOption,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import { colors } from "../output/colours.ts";
import { githubAnnotation } from "../output/github-annotations.ts";
import type { OutputFormat } from "../output/render-value.ts";
import { wrapText } from "../output/text-layout.ts";
import { pathInRepository } from "../repository/committed-files.ts";
import { selectEnvironments } from "../repository/environment-files.ts";
import { environmentsOfWorkingCopy, readWorkingCopy } from "../repository/working-copy-files.ts";

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

/** Adds `honua validate [directory]`, which needs no service and is made for pull requests. */
export function addValidateCommand(program: Command, context: CommandContext): void {
  addAnnotationOption(addOutputOption(program.command("validate")))
    .description("check a configuration repository offline, for example in a pull request")
    .argument("[directory]", "working copy of the repository", ".")
    .option("--environment <name>", "only this environment")
    .addHelpText(
      "after",
      `${formatHelpParagraph("The exit code is 1 if there is a problem.")}${formatExamples(
        "honua validate",
        "honua validate ../honua-config --environment production",
        "honua validate --format github",
      )}`,
    )
    .action(async (path: string, flags: ValidateFlags) => {
      const directory = resolve(context.directory, path);
      const environments = await environmentsOfWorkingCopy(directory);
      const validations: Validation[] = [];
      for (const environment of selectEnvironments(environments, flags.environment, path)) {
        validations.push(await validateEnvironment(directory, environment));
      }
      if (flags.format === "github") {
        const prefix = await pathInRepository(directory);
        const lines = validations.flatMap((validation) => annotateProblems(validation, prefix));
        // A problem in `common` or in the policy occurs once per environment but is printed once.
        for (const line of new Set(lines)) context.print(line);
      } else printResult(context, flags, validations, formatValidations);
      if (validations.some(({ ok }) => !ok)) throw new CommandError("", EXIT.failed);
    });
}

async function validateEnvironment(directory: string, environment: string): Promise<Validation> {
  const { bundle, problems: fileProblems } = await readWorkingCopy(directory, environment);
  const compiled = compileBundle(bundle);
  const problems = [...fileProblems, ...(compiled.ok ? [] : compiled.problems)];
  return { environment, ok: problems.length === 0, problems, warnings: compiled.warnings };
}

function annotateProblems({ problems, warnings }: Validation, prefix: string): string[] {
  return [
    ...problems.map((problem) => githubAnnotation("error", problem, prefix)),
    ...warnings.map((problem) => githubAnnotation("warning", problem, prefix)),
  ];
}

function formatValidations(validations: Validation[], width: number): string {
  if (validations.length === 0) return "There is no environment yet.";
  const text = validations
    .flatMap(({ environment, ok, problems, warnings }) => [
      ...problems.map((problem) => `${colors.red("error")}: ${formatProblem(problem)}`),
      ...warnings.map((problem) => `${colors.yellow("warning")}: ${formatProblem(problem)}`),
      `${environment}: ${ok ? colors.green("valid") : colors.red(countOf(problems.length, "problem"))}`,
    ])
    .join("\n");
  return wrapText(text, width, 2);
}
