import { DEPLOYMENT_STATES, type DeploymentSummary, deploymentSummary } from "@honua/contracts";
import { closestWord } from "@honua/text";
import { type Command, InvalidArgumentError } from "commander";
import { environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  show,
  withConnection,
} from "../command-context.ts";
import { parseLimit } from "../options/option-parsers.ts";
import { ago, columns, statusColour } from "../output/render-value.ts";

/** `honua history <environment>` */
export function historyCommand(program: Command, context: CommandContext): void {
  withListing(withConnection(program.command("history")))
    .description("the deployments of an environment, newest first")
    .argument("<environment>")
    .addHelpText(
      "after",
      examples(
        "honua history production",
        "honua history production --limit 100 --state Failed,RolledBack",
        "honua history production -o json | jq -r '.[].id'",
      ),
    )
    .action((environment: string, flags: ListingFlags) =>
      listDeployments(context, environment, flags),
    );
}

export interface ListingFlags extends CommonFlags {
  limit: number;
  state?: string;
}

/** Adds `--limit` and `--state`. */
export function withListing(command: Command): Command {
  return command
    .option("--limit <n>", "how many at most", parseLimit, 20)
    .option(
      "--state <states>",
      "only those in one of these states, separated by commas",
      parseStates,
    );
}

/** @throws InvalidArgumentError naming the state that was probably meant */
function parseStates(text: string): string {
  const unknown = text.split(",").find((one) => !DEPLOYMENT_STATES.some((state) => state === one));
  if (unknown === undefined) return text;
  const close = closestWord(unknown, DEPLOYMENT_STATES);
  throw new InvalidArgumentError(
    close ? `Did you mean '${close}'?` : `One of ${DEPLOYMENT_STATES.join(", ")}.`,
  );
}

/** Prints the deployments of an environment. */
export async function listDeployments(
  context: CommandContext,
  environment: string,
  flags: ListingFlags,
): Promise<void> {
  const api = await connect(context, flags);
  const { limit, state } = flags;
  const path = `${environmentPath(environment)}/deployments`;
  const items = await readPages(api, path, deploymentSummary, { limit, query: { state } });
  show(context, flags, items, (deployments) => formatDeployments(deployments, context.now()));
}

/** A list of deployments, a line each. */
export function formatDeployments(deployments: DeploymentSummary[], now: Date): string {
  if (deployments.length === 0) return "No deployment yet.";
  return columns(
    ["DEPLOYMENT", "STATE", "COMMIT", "STARTED", "MESSAGE"],
    deployments.map((deployment) => [
      deployment.id,
      statusColour(deployment.state) + (deployment.reason ? ` (${deployment.reason})` : ""),
      deployment.commit.slice(0, 7),
      ago(deployment.startedAt, now),
      deployment.message.split("\n", 1)[0] ?? "",
    ]),
  );
}
