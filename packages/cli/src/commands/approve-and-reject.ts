import { setTimeout } from "node:timers/promises";
import { type Approval, approval, deployment } from "@honua/contracts";
import type { Command } from "commander";
import type { ApiClient } from "../api/api-client.ts";
import { deploymentPath } from "../api/api-paths.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  EXAMPLE_DEPLOYMENT_ID,
  formatExamples,
} from "../options/shared-options.ts";
import {
  addWaitOptions,
  WAIT_HELP,
  type WaitFlags,
  waitAndPrintDeployment,
} from "../options/wait-options.ts";

interface ApproveFlags extends CommonFlags, WaitFlags {
  approver?: string;
  reason?: string;
  planDigest?: string;
}

interface RejectFlags extends CommonFlags {
  approver?: string;
  reason: string;
}

const approvalPath = (id: string) => `/api/gitops/approvals/${encodeURIComponent(id)}`;

const APPROVAL_POLLS = 20;
const APPROVAL_POLL_INTERVAL_MS = 250;
const APPROVER_DESCRIPTION = "subject to decide as (the token must be allowed to delegate)";

/** Adds `honua deployment approve` and `honua deployment reject`. */
export function addDecisionCommands(group: Command, context: CommandContext): void {
  addWaitOptions(addConnectionOptions(group.command("approve")))
    .description("approve a deployment that needs approval")
    .argument("<id>")
    .option("--approver <subject>", APPROVER_DESCRIPTION)
    .option("--reason <text>", "reason, recorded with the decision")
    .option("--plan-digest <sha256>", "digest of the reviewed plan; fails if the plan has changed")
    .addHelpText(
      "after",
      WAIT_HELP +
        formatExamples(
          `honua deployment approve ${EXAMPLE_DEPLOYMENT_ID} --wait`,
          `honua deployment approve ${EXAMPLE_DEPLOYMENT_ID} --reason "agreed in the change board"`,
        ),
    )
    .action(async (id: string, flags: ApproveFlags) => {
      const api = await connectApi(context, flags);
      const { approver, reason, planDigest } = flags;
      const body = { approver, reason, planDigest };
      const result = await api.post(`${approvalPath(id)}/approve`, body, approval);
      if (flags.wait) {
        await waitUntilApproved(api, result.deploymentId, context.interruptSignal());
        return waitAndPrintDeployment(context, api, result.deploymentId, flags);
      }
      printResult(context, flags, result, formatApproval);
    });

  addConnectionOptions(group.command("reject"))
    .description("reject a deployment that needs approval")
    .argument("<id>")
    .requiredOption("--reason <text>", "reason, shown to the author of the commit")
    .option("--approver <subject>", APPROVER_DESCRIPTION)
    .addHelpText(
      "after",
      formatExamples(
        `honua deployment reject ${EXAMPLE_DEPLOYMENT_ID} --reason "the old layer is still in use"`,
      ),
    )
    .action(async (id: string, flags: RejectFlags) => {
      const api = await connectApi(context, flags);
      const body = { approver: flags.approver, reason: flags.reason };
      const result = await api.post(`${approvalPath(id)}/reject`, body, approval);
      printResult(context, flags, result, ({ deploymentId }) => `Rejected ${deploymentId}.`);
    });
}

/**
 * Waits until the reconciler has acted on an approval. Returns after 5 s at the latest, because a
 * deployment that still waits then needs further approvals.
 */
async function waitUntilApproved(
  api: ApiClient,
  deploymentId: string,
  signal: AbortSignal,
): Promise<void> {
  for (let poll = 0; poll < APPROVAL_POLLS; poll += 1) {
    const { state, waitingFor } = await api.get(deploymentPath(deploymentId), deployment);
    if (state !== "AwaitingApproval" || waitingFor) return;
    await setTimeout(APPROVAL_POLL_INTERVAL_MS, undefined, { signal });
  }
}

function formatApproval({ deploymentId, progress }: Approval): string {
  const { given, required } = progress;
  if (required === 1) return `Approved ${deploymentId}.`;
  const missing = required - given;
  const remainder = missing > 0 ? `; ${missing} more needed` : "";
  return `Approved ${deploymentId}: ${given} of ${required} approvals${remainder}.`;
}
