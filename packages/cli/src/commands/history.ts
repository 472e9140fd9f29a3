import { type DeploymentSummary, deploymentSummary } from "@honua/contracts";
import { firstLine } from "@honua/text";
import type { Command } from "commander";
import { environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import { parseDeploymentStates, parseLimit } from "../options/option-parsers.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
} from "../options/shared-options.ts";
import { colourStatus } from "../output/colours.ts";
import { formatAge, shortCommit } from "../output/phrases.ts";
import { formatTable } from "../output/tables.ts";

export interface ListFlags extends CommonFlags {
  limit: number;
  state?: string;
}

/** Adds `honua history <environment>`. */
export function addHistoryCommand(program: Command, context: CommandContext): void {
  addListOptions(addConnectionOptions(program.command("history")))
    .description("list the deployments of an environment, newest first")
    .argument("<environment>")
    .addHelpText(
      "after",
      formatExamples(
        "honua history production",
        "honua history production --limit 100 --state Failed,RolledBack",
        "honua history production -o json | jq -r '.[].id'",
      ),
    )
    .action((environment: string, flags: ListFlags) =>
      printDeployments(context, environment, flags),
    );
}

/** Adds `--limit` and `--state`. */
export function addListOptions(command: Command): Command {
  return command
    .option("--limit <n>", "maximum number of deployments", parseLimit, 20)
    .option(
      "--state <states>",
      "only deployments in one of these states, separated by commas",
      parseDeploymentStates,
    );
}

/** Prints the deployments of an environment. */
export async function printDeployments(
  context: CommandContext,
  environment: string,
  flags: ListFlags,
): Promise<void> {
  const api = await connectApi(context, flags);
  const { limit, state } = flags;
  const path = `${environmentPath(environment)}/deployments`;
  const items = await readPages(api, path, deploymentSummary, { limit, query: { state } });
  printResult(context, flags, items, (deployments, width) =>
    formatDeployments(deployments, context.now(), width),
  );
}

function formatDeployments(deployments: DeploymentSummary[], now: Date, width: number): string {
  if (deployments.length === 0) return "There is no deployment yet.";
  return formatTable(
    ["DEPLOYMENT", "STATE", "COMMIT", "STARTED", "MESSAGE"],
    deployments.map(({ id, state, reason, commit, startedAt, message }) => [
      id,
      colourStatus(state) + (reason ? ` (${reason})` : ""),
      shortCommit(commit),
      formatAge(startedAt, now),
      firstLine(message),
    ]),
    width,
  );
}
