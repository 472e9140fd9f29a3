import {
  approvalProgress,
  type Deployment,
  deployment,
  deploymentSummary,
  type PendingApproval,
  pendingApproval,
  plan,
} from "@honua/contracts";
import { formatPlan } from "@honua/release";
import { firstLine } from "@honua/text";
import type { Command } from "commander";
import { z } from "zod";
import type { ApiClient } from "../api/api-client.ts";
import { deploymentPath, environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  EXAMPLE_DEPLOYMENT_ID,
  formatExamples,
} from "../options/shared-options.ts";
import { colourStatus } from "../output/colours.ts";
import { formatFields, formatTable } from "../output/tables.ts";
import { addDecisionCommands } from "./approve-and-reject.ts";
import { addListOptions, type ListFlags, printDeployments } from "./history.ts";

/** Adds `honua deployment list|show|plan|pending|approve|reject`. */
export function addDeploymentCommand(program: Command, context: CommandContext): void {
  const group = program
    .command("deployment")
    .description("list and show deployments, approve or reject them");

  addListOptions(addConnectionOptions(group.command("list")))
    .description("list the deployments of an environment, newest first")
    .requiredOption("--environment <name>", "environment")
    .addHelpText(
      "after",
      formatExamples(
        "honua deployment list --environment production",
        "honua deployment list --environment production --state Failed",
      ),
    )
    .action((flags: ListFlags & { environment: string }) =>
      printDeployments(context, flags.environment, flags),
    );

  addConnectionOptions(group.command("show"))
    .description("show one deployment with its history")
    .argument("<id>")
    .addHelpText("after", formatExamples(`honua deployment show ${EXAMPLE_DEPLOYMENT_ID}`))
    .action(async (id: string, flags: CommonFlags) => {
      const api = await connectApi(context, flags);
      const result = await api.get(deploymentPath(id), deployment);
      printResult(context, flags, result, formatDeployment);
    });

  addConnectionOptions(group.command("plan"))
    .description("show what a deployment or a dry run changes, and the risk")
    .argument("[id]", "id of a deployment or of a dry run")
    .option("--environment <name>", "show the newest deployment of this environment")
    .addHelpText(
      "after",
      formatExamples(
        `honua deployment plan ${EXAMPLE_DEPLOYMENT_ID}`,
        "honua deployment plan --environment production",
      ),
    )
    .action(async (id: string | undefined, flags: CommonFlags & { environment?: string }) => {
      const api = await connectApi(context, flags);
      const deploymentId = id ?? (await newestDeploymentId(api, flags.environment));
      const result = await api.get(`${deploymentPath(deploymentId)}/plan`, plan);
      printResult(context, flags, result, formatPlan);
    });

  addConnectionOptions(group.command("pending"))
    .description("list the deployments that need approval, oldest first")
    .option("--environment <name>", "only this environment")
    .addHelpText(
      "after",
      formatExamples("honua deployment pending", "honua deployment pending -o json"),
    )
    .action(async (flags: CommonFlags & { environment?: string }) => {
      const api = await connectApi(context, flags);
      const query = { environment: flags.environment };
      const path = "/api/gitops/approvals/pending";
      const pending = await readPages(api, path, pendingApproval, { query });
      printResult(context, flags, pending, formatPendingApprovals);
    });

  addDecisionCommands(group, context);
}

async function newestDeploymentId(
  api: ApiClient,
  environment: string | undefined,
): Promise<string> {
  if (!environment) {
    throw new CommandError(
      "Give the id of a deployment, or an environment with --environment.",
      EXIT.usage,
    );
  }
  const { items } = await api.get(
    `${environmentPath(environment)}/deployments?limit=1`,
    z.object({ items: z.array(deploymentSummary) }),
  );
  const newest = items[0];
  if (!newest) throw new CommandError(`Environment '${environment}' has no deployment yet.`);
  return newest.id;
}

function formatPendingApprovals(pending: PendingApproval[], width: number): string {
  if (pending.length === 0) return "No deployment needs approval.";
  return formatTable(
    ["DEPLOYMENT", "RISK", "APPROVALS", "AUTHOR", "EXPIRES", "MESSAGE"],
    pending.map(({ deploymentId, riskLevel, progress, author, expiresAt, message }) => [
      deploymentId,
      riskLevel,
      `${progress.given} of ${progress.required}`,
      author,
      expiresAt ?? "-",
      firstLine(message),
    ]),
    width,
  );
}

function formatDeployment(value: Deployment, width: number): string {
  const pairs: [string, string][] = [
    ["Deployment", value.id],
    ["State", colourStatus(value.state) + (value.reason ? ` (${value.reason})` : "")],
    ["Environment", value.environment],
    ["Commit", `${value.commit.id} on ${value.commit.branch}`],
    ["Author", `${value.commit.author.name} <${value.commit.author.email}>`],
    ["Message", firstLine(value.commit.message)],
  ];
  if (value.plan) {
    pairs.push(["Risk", value.plan.riskLevel], ["Plan digest", value.plan.planDigest]);
  }
  if (value.approvalExpiresAt) {
    const { approvedBy, required } = approvalProgress(value);
    pairs.push(["Approvals", `${approvedBy.length} of ${required}`]);
    pairs.push(["Approve before", value.approvalExpiresAt]);
  }
  for (const { outcome, subject, at, reason } of value.decisions) {
    pairs.push(["Decision", `${outcome} by ${subject} at ${at}${reason ? `: ${reason}` : ""}`]);
  }
  const history = formatTable(
    ["AT", "STATE", "BY", "MESSAGE"],
    value.stateHistory.map(({ at, to, actor, message }) => [at, colourStatus(to), actor, message]),
    width,
  );
  return `${formatFields(pairs, width)}\n\n${history}`;
}
