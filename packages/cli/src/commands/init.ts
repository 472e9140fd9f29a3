import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { environmentName } from "@honua/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { type CommandContext, examples, show, withOutput } from "../command-context.ts";
import { colors } from "../output/colours.ts";
import type { OutputFormat } from "../output/render-value.ts";
import { writeRepository } from "../repository/new-repository.ts";
import { git } from "../repository/run-git.ts";

interface InitFlags {
  environment?: string[];
  git: boolean;
  output: OutputFormat;
}

const ENVIRONMENTS = ["development", "staging", "production"];

/** `honua init <directory>` */
export function initCommand(program: Command, context: CommandContext): void {
  withOutput(program.command("init"))
    .description("make a new configuration repository, with a policy and checks for pull requests")
    .argument("<directory>", "made when it is not there")
    .option(
      "--environment <name>",
      `an environment of it; may be repeated (default: ${ENVIRONMENTS.join(", ")})`,
      collect,
    )
    .option("--no-git", "only write the files")
    .addHelpText(
      "after",
      examples("honua init honua-config", "honua init . --environment production --no-git"),
    )
    .action(async (given: string, flags: InitFlags) => {
      const directory = resolve(context.directory, given);
      const environments = flags.environment ?? ENVIRONMENTS;
      await mkdir(directory, { recursive: true });
      const files = await writeRepository(directory, environments);
      const made = flags.git && !(await isInRepository(directory));
      if (made) await git(directory, ["init", "--quiet", "--initial-branch", "main"]);
      const result = { directory, environments, files, repository: made };
      show(context, flags, result, () => nextSteps(context.directory, directory, files));
    });
}

async function isInRepository(directory: string): Promise<boolean> {
  if (existsSync(resolve(directory, ".git"))) return true;
  return git(directory, ["rev-parse", "--git-dir"]).then(
    () => true,
    () => false,
  );
}

function nextSteps(from: string, directory: string, files: string[]): string {
  const below = relative(from, directory) || ".";
  const place = below.startsWith("..") ? directory : below;
  return [
    `A configuration repository is in ${colors.bold(place)}:`,
    ...files.map((file) => `  ${file}`),
    "",
    "Next:",
    ...(place === "." ? [] : [`  cd ${place}`]),
    "  honua validate",
    '  git add --all && git commit -m "Configuration of our GIS services"',
    "  honua up --repo .        # try it on this machine",
  ].join("\n");
}

function collect(value: string, before: string[] | undefined): string[] {
  const parsed = environmentName.safeParse(value);
  if (!parsed.success || value === "common") {
    throw new InvalidArgumentError(
      parsed.error?.issues[0]?.message ?? "'common' is for all of them",
    );
  }
  return [...(before ?? []), value];
}
