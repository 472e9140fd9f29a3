import { setTimeout } from "node:timers/promises";
import { type Approval, approval, deployment } from "@honua/contracts";
import type { Command } from "commander";
import type { Api } from "../api/api-client.ts";
import { deploymentPath } from "../api/api-paths.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  show,
  withConnection,
} from "../command-context.ts";
import { follow, WAIT_HELP, type WaitFlags, withWait } from "../options/wait-options.ts";

const approvalPath = (id: string) => `/api/gitops/approvals/${encodeURIComponent(id)}`;

/** After this many looks an approval was not enough. */
const APPROVAL_LOOKS = 20;
const APPROVAL_LOOK_MS = 250;
/** An id as the examples show one. */
export const AN_ID = "production-20261121-090000-abc1234";

/** `honua deployment approve|reject` */
export function decisionCommands(group: Command, context: CommandContext): void {
  withWait(withConnection(group.command("approve")))
    .description("say yes to a deployment that waits for approval")
    .argument("<id>")
    .option("--approver <subject>", "in whose name (needs a token that may delegate)")
    .option("--reason <text>", "why, kept with the decision")
    .option("--plan-digest <sha256>", "refuse when the plan is no longer the one you read")
    .addHelpText(
      "after",
      WAIT_HELP +
        examples(
          `honua deployment approve ${AN_ID} --wait`,
          `honua deployment approve ${AN_ID} --reason "agreed in the change board"`,
        ),
    )
    .action(
      async (
        id: string,
        flags: CommonFlags &
          WaitFlags & { approver?: string; reason?: string; planDigest?: string },
      ) => {
        const api = await connect(context, flags);
        const { approver, reason, planDigest } = flags;
        const body = { approver, reason, planDigest };
        const decided = await api.post(`${approvalPath(id)}/approve`, body, approval);
        if (flags.wait) return followApproved(context, api, decided, flags);
        show(context, flags, decided, formatApproved);
      },
    );

  withConnection(group.command("reject"))
    .description("say no to a deployment that waits for approval")
    .argument("<id>")
    .requiredOption("--reason <text>", "why, for whoever wrote the commit")
    .option("--approver <subject>", "in whose name (needs a token that may delegate)")
    .addHelpText(
      "after",
      examples(`honua deployment reject ${AN_ID} --reason "the old layer is still used"`),
    )
    .action(async (id: string, flags: CommonFlags & { approver?: string; reason: string }) => {
      const api = await connect(context, flags);
      const body = { approver: flags.approver, reason: flags.reason };
      const decided = await api.post(`${approvalPath(id)}/reject`, body, approval);
      show(context, flags, decided, (value) => `Rejected ${value.deploymentId}.`);
    });
}

/** With approvals still missing there is nothing to follow yet. */
async function followApproved(
  context: CommandContext,
  api: Api,
  { deploymentId }: Approval,
  flags: CommonFlags & WaitFlags,
): Promise<void> {
  await leavesApproval(api, deploymentId, context.interrupted());
  return follow(context, api, deploymentId, flags);
}

/** An approval is acted upon a moment later; a deployment that then still waits lacks others. */
async function leavesApproval(api: Api, id: string, signal: AbortSignal): Promise<void> {
  for (let look = 0; look < APPROVAL_LOOKS; look += 1) {
    const { state, waitingFor } = await api.get(deploymentPath(id), deployment);
    if (state !== "AwaitingApproval" || waitingFor) return;
    await setTimeout(APPROVAL_LOOK_MS, undefined, { signal });
  }
}

function formatApproved({ deploymentId, progress }: Approval): string {
  const { given, required } = progress;
  const missing = required - given;
  if (required === 1) return `Approved ${deploymentId}.`;
  const rest = missing > 0 ? `; ${missing} more needed` : "";
  return `Approved ${deploymentId}: ${given} of ${required} approvals${rest}.`;
}
