import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { type CommandContext, printResult } from "../command-context.ts";
import { parseEnvironmentName } from "../options/option-parsers.ts";
import { addOutputOption, formatExamples } from "../options/shared-options.ts";
import { colors } from "../output/colours.ts";
import { shellQuote } from "../output/command-name.ts";
import type { OutputFormat } from "../output/render-value.ts";
import { writeRepository } from "../repository/new-repository.ts";
import { runGit } from "../repository/run-git.ts";

interface InitFlags {
  environment?: string[];
  git: boolean;
  output: OutputFormat;
}

/** Output of the command. */
interface NewRepository {
  directory: string;
  environments: string[];
  files: string[];
  /** Whether a Git repository was created. */
  repository: boolean;
}

const DEFAULT_ENVIRONMENTS = ["development", "staging", "production"];

/** Adds `honua init <directory>`. */
export function addInitCommand(program: Command, context: CommandContext): void {
  addOutputOption(program.command("init"))
    .description("create a configuration repository with a policy and pull request checks")
    .argument("<directory>", "created if it does not exist")
    .option(
      "--environment <name>",
      `environment to create; repeatable (default: ${DEFAULT_ENVIRONMENTS.join(", ")})`,
      collectEnvironment,
    )
    .option("--no-git", "write the files without creating a Git repository")
    .addHelpText(
      "after",
      formatExamples("honua init honua-config", "honua init . --environment production --no-git"),
    )
    .action(async (path: string, flags: InitFlags) => {
      const directory = resolve(context.directory, path);
      const environments = flags.environment ?? DEFAULT_ENVIRONMENTS;
      await mkdir(directory, { recursive: true });
      const files = await writeRepository(directory, environments);
      const wasInRepository = await isInGitRepository(directory);
      const repository = flags.git && !wasInRepository;
      if (repository) await runGit(directory, ["init", "--quiet", "--initial-branch", "main"]);
      const result: NewRepository = { directory, environments, files, repository };
      printResult(context, flags, result, (value) =>
        formatNextSteps(value, context, { needsGitInit: !repository && !wasInRepository }),
      );
    });
}

async function isInGitRepository(directory: string): Promise<boolean> {
  if (existsSync(resolve(directory, ".git"))) return true;
  return runGit(directory, ["rev-parse", "--git-dir"]).then(
    () => true,
    () => false,
  );
}

/** Formats the next commands, as they can be typed in the order shown. */
function formatNextSteps(
  { directory, environments, files }: NewRepository,
  context: CommandContext,
  { needsGitInit }: { needsGitInit: boolean },
): string {
  const fromHere = relative(context.directory, directory) || ".";
  const path = fromHere.startsWith("..") ? directory : fromHere;
  const honua = context.commandNameIn(directory);
  const served = environments.includes("production") ? "" : ` --environment ${environments[0]}`;
  return [
    `Created a configuration repository in ${colors.bold(path)}:`,
    ...files.map((file) => `  ${file}`),
    "",
    "Next:",
    ...(path === "." ? [] : [`  cd ${shellQuote(path)}`]),
    ...(needsGitInit ? ["  git init --initial-branch main"] : []),
    `  ${honua} validate`,
    '  git add --all && git commit -m "Configuration of our GIS services"',
    `  ${honua} up --repo .${served}        # try it on this machine`,
  ].join("\n");
}

function collectEnvironment(value: string, previous: string[] | undefined): string[] {
  if (value === "common") {
    throw new InvalidArgumentError("'common' is the folder for settings of all environments.");
  }
  return [...(previous ?? []), parseEnvironmentName(value)];
}
