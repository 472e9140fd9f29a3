import {
  type Approval,
  approval,
  approvalProgress,
  type Deployment,
  deployment,
  deploymentSummary,
  pendingApproval,
  plan,
} from "@honua/contracts";
import { formatPlan } from "@honua/release";
import type { Command } from "commander";
import { z } from "zod";
import { CommandFailed, EXIT } from "../exit.ts";
import { columns, fields, statusColour } from "../output.ts";
import { type CommandContext, type CommonFlags, connect, show, withConnection } from "./context.ts";
import { formatDeployments } from "./history.ts";

const path = (id: string) => `/api/gitops/deployments/${encodeURIComponent(id)}`;
const approvalPath = (id: string) => `/api/gitops/approvals/${encodeURIComponent(id)}`;

/** `honua deployment list|show|plan|pending|approve|reject` */
export function deploymentCommand(program: Command, context: CommandContext): void {
  const group = program
    .command("deployment")
    .description("look at deployments, approve or reject them");

  withConnection(group.command("list"))
    .description("the deployments of an environment, newest first")
    .requiredOption("--environment <name>", "which environment")
    .option("--limit <n>", "how many at most", "20")
    .action(async (flags: CommonFlags & { environment: string; limit: string }) => {
      const api = await connect(context, flags);
      const query = new URLSearchParams({ limit: flags.limit });
      const { items } = await api.get(
        `/api/gitops/environments/${encodeURIComponent(flags.environment)}/deployments?${query}`,
        z.object({ items: z.array(deploymentSummary) }),
      );
      show(context, flags, items, (list) => formatDeployments(list, context.now()));
    });

  withConnection(group.command("show"))
    .description("one deployment with its history")
    .argument("<id>")
    .action(async (id: string, flags: CommonFlags) => {
      const api = await connect(context, flags);
      show(context, flags, await api.get(path(id), deployment), formatDeployment);
    });

  withConnection(group.command("plan"))
    .description("what a deployment changes, and how risky that is")
    .argument("[id]", "a deployment")
    .option("--environment <name>", "instead of an id: the newest deployment of this environment")
    .action(async (id: string | undefined, flags: CommonFlags & { environment?: string }) => {
      const api = await connect(context, flags);
      const wanted = id ?? (await newestOf(flags.environment, api));
      show(context, flags, await api.get(`${path(wanted)}/plan`, plan), formatPlan);
    });

  withConnection(group.command("pending"))
    .description("the deployments that wait for somebody to decide")
    .action(async (flags: CommonFlags) => {
      const api = await connect(context, flags);
      const { items } = await api.get(
        "/api/gitops/approvals/pending",
        z.object({ items: z.array(pendingApproval) }),
      );
      show(context, flags, items, (pending) =>
        pending.length === 0
          ? "Nothing waits for approval."
          : columns(
              ["DEPLOYMENT", "RISK", "APPROVALS", "AUTHOR", "EXPIRES", "MESSAGE"],
              pending.map((one) => [
                one.deploymentId,
                one.riskLevel,
                `${one.progress.given} of ${one.progress.required}`,
                one.author,
                one.expiresAt ?? "-",
                one.message.split("\n", 1)[0] ?? "",
              ]),
            ),
      );
    });

  withConnection(group.command("approve"))
    .description("say yes to a deployment that waits for approval")
    .argument("<id>")
    .option("--approver <subject>", "in whose name (needs a token that may delegate)")
    .option("--reason <text>")
    .option("--plan-digest <sha256>", "refuse when the plan is no longer the one you read")
    .action(
      async (
        id: string,
        flags: CommonFlags & { approver?: string; reason?: string; planDigest?: string },
      ) => {
        const api = await connect(context, flags);
        const { approver, reason, planDigest } = flags;
        const body = { approver, reason, planDigest };
        const decided = await api.post(`${approvalPath(id)}/approve`, body, approval);
        show(context, flags, decided, formatApproved);
      },
    );

  withConnection(group.command("reject"))
    .description("say no to a deployment that waits for approval")
    .argument("<id>")
    .requiredOption("--reason <text>", "why, for whoever wrote the commit")
    .option("--approver <subject>", "in whose name (needs a token that may delegate)")
    .action(async (id: string, flags: CommonFlags & { approver?: string; reason: string }) => {
      const api = await connect(context, flags);
      const body = { approver: flags.approver, reason: flags.reason };
      const decided = await api.post(`${approvalPath(id)}/reject`, body, approval);
      show(context, flags, decided, (value) => `Rejected ${value.deploymentId}.`);
    });
}

function formatApproved({ deploymentId, progress }: Approval): string {
  const { given, required } = progress;
  const missing = required - given;
  if (required === 1) return `Approved ${deploymentId}.`;
  const rest = missing > 0 ? `; ${missing} more needed` : "";
  return `Approved ${deploymentId}: ${given} of ${required} approvals${rest}.`;
}

async function newestOf(
  environment: string | undefined,
  api: Awaited<ReturnType<typeof connect>>,
): Promise<string> {
  if (!environment) {
    throw new CommandFailed("Name a deployment, or an environment with --environment.", EXIT.usage);
  }
  const { items } = await api.get(
    `/api/gitops/environments/${encodeURIComponent(environment)}/deployments?limit=1`,
    z.object({ items: z.array(deploymentSummary) }),
  );
  const newest = items[0];
  if (!newest) throw new CommandFailed(`Environment '${environment}' has had no deployment yet.`);
  return newest.id;
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
