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
import type { Command } from "commander";
import { z } from "zod";
import { deploymentPath, environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  show,
  withConnection,
} from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { columns, fields, statusColour } from "../output/render-value.ts";
import { AN_ID, decisionCommands } from "./approve-and-reject.ts";
import { type ListingFlags, listDeployments, withListing } from "./history.ts";

/** `honua deployment list|show|plan|pending|approve|reject` */
export function deploymentCommand(program: Command, context: CommandContext): void {
  const group = program
    .command("deployment")
    .description("look at deployments, approve or reject them");

  withListing(withConnection(group.command("list")))
    .description("the deployments of an environment, newest first")
    .requiredOption("--environment <name>", "which environment")
    .addHelpText(
      "after",
      examples(
        "honua deployment list --environment production",
        "honua deployment list --environment production --state Failed",
      ),
    )
    .action((flags: ListingFlags & { environment: string }) =>
      listDeployments(context, flags.environment, flags),
    );

  withConnection(group.command("show"))
    .description("one deployment with its history")
    .argument("<id>")
    .addHelpText("after", examples(`honua deployment show ${AN_ID}`))
    .action(async (id: string, flags: CommonFlags) => {
      const api = await connect(context, flags);
      show(context, flags, await api.get(deploymentPath(id), deployment), formatDeployment);
    });

  withConnection(group.command("plan"))
    .description("what a deployment or a dry run changes, and how risky that is")
    .argument("[id]", "a deployment, or a dry run")
    .option("--environment <name>", "instead of an id: the newest deployment of this environment")
    .addHelpText(
      "after",
      examples(`honua deployment plan ${AN_ID}`, "honua deployment plan --environment production"),
    )
    .action(async (id: string | undefined, flags: CommonFlags & { environment?: string }) => {
      const api = await connect(context, flags);
      const wanted = id ?? (await newestOf(flags.environment, api));
      show(context, flags, await api.get(`${deploymentPath(wanted)}/plan`, plan), formatPlan);
    });

  withConnection(group.command("pending"))
    .description("the deployments that wait for somebody to decide, oldest first")
    .option("--environment <name>", "only of this environment")
    .addHelpText("after", examples("honua deployment pending", "honua deployment pending -o json"))
    .action(async (flags: CommonFlags & { environment?: string }) => {
      const api = await connect(context, flags);
      const query = { environment: flags.environment };
      const path = "/api/gitops/approvals/pending";
      const items = await readPages(api, path, pendingApproval, { query });
      show(context, flags, items, formatPending);
    });

  decisionCommands(group, context);
}

async function newestOf(
  environment: string | undefined,
  api: Awaited<ReturnType<typeof connect>>,
): Promise<string> {
  if (!environment) {
    throw new CommandFailed("Name a deployment, or an environment with --environment.", EXIT.usage);
  }
  const { items } = await api.get(
    `${environmentPath(environment)}/deployments?limit=1`,
    z.object({ items: z.array(deploymentSummary) }),
  );
  const newest = items[0];
  if (!newest) throw new CommandFailed(`Environment '${environment}' has had no deployment yet.`);
  return newest.id;
}

function formatPending(pending: PendingApproval[]): string {
  if (pending.length === 0) return "Nothing waits for approval.";
  return columns(
    ["DEPLOYMENT", "RISK", "APPROVALS", "AUTHOR", "EXPIRES", "MESSAGE"],
    pending.map((one) => [
      one.deploymentId,
      one.riskLevel,
      `${one.progress.given} of ${one.progress.required}`,
      one.author,
      one.expiresAt ?? "-",
      one.message.split("\n", 1)[0] ?? "",
    ]),
  );
}

function formatDeployment(value: Deployment): string {
  const pairs: [string, string][] = [
    ["Deployment", value.id],
    ["State", statusColour(value.state) + (value.reason ? ` (${value.reason})` : "")],
    ["Environment", value.environment],
    ["Commit", `${value.commit.id} on ${value.commit.branch}`],
    ["Author", `${value.commit.author.name} <${value.commit.author.email}>`],
    ["Message", value.commit.message.split("\n", 1)[0] ?? ""],
  ];
  if (value.plan)
    pairs.push(["Risk", value.plan.riskLevel], ["Plan digest", value.plan.planDigest]);
  if (value.approvalExpiresAt) {
    const { approvedBy, required } = approvalProgress(value);
    pairs.push(["Approvals", `${approvedBy.length} of ${required}`]);
    pairs.push(["Approval by", value.approvalExpiresAt]);
  }
  for (const one of value.decisions) {
    pairs.push([
      "Decision",
      `${one.outcome} by ${one.subject} at ${one.at}${one.reason ? `: ${one.reason}` : ""}`,
    ]);
  }
  const history = columns(
    ["AT", "STATE", "BY", "MESSAGE"],
    value.stateHistory.map(({ at, to, actor, message }) => [at, statusColour(to), actor, message]),
  );
  return `${fields(pairs)}\n\n${history}`;
}
