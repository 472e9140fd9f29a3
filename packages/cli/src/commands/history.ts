import { type DeploymentSummary, deploymentSummary } from "@honua/contracts";
import type { Command } from "commander";
import { z } from "zod";
import { ago, columns, statusColour } from "../output.ts";
import { type CommandContext, type CommonFlags, connect, show, withConnection } from "./context.ts";

const page = z.object({ items: z.array(deploymentSummary), next: z.string().nullable() });

/** `honua history <environment>` */
export function historyCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("history"))
    .description("the deployments of an environment, newest first")
    .argument("<environment>")
    .option("--limit <n>", "how many at most", "20")
    .action(async (environment: string, flags: CommonFlags & { limit: string }) => {
      const api = await connect(context, flags);
      const query = new URLSearchParams({ limit: flags.limit });
      const path = `/api/gitops/environments/${encodeURIComponent(environment)}/deployments?${query}`;
      const { items } = await api.get(path, page);
      show(context, flags, items, (deployments) => formatDeployments(deployments, context.now()));
    });
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
