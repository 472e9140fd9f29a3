import { setTimeout } from "node:timers/promises";
import { type DryRun, dryRun, dryRunSummary, environmentState, pollNow } from "@honua/contracts";
import { formatPlan } from "@honua/release";
import type { Command } from "commander";
import { z } from "zod";
import type { ApiClient } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import { type CommandContext, connectApi, printResult } from "../command-context.ts";
import { CommandError, EXIT } from "../command-error.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
  formatHelpParagraph,
} from "../options/shared-options.ts";
import {
  addWaitOptions,
  WAIT_HELP,
  type WaitFlags,
  waitAndPrintDeployment,
} from "../options/wait-options.ts";
import { shortCommit } from "../output/phrases.ts";
import { createProgress } from "../output/progress.ts";
import { wrapText } from "../output/text-layout.ts";

interface SyncFlags extends CommonFlags, WaitFlags {
  force?: boolean;
  dryRun?: boolean;
  overrideWindow?: boolean;
  reason?: string;
}

const POLL_INTERVAL_MS = 200;
/** A published commit becomes a deployment within this time, unless it contains no change. */
const OPEN_TIMEOUT_MS = 30_000;

/** Adds `honua sync <environment>`. */
export function addSyncCommand(program: Command, context: CommandContext): void {
  addWaitOptions(addConnectionOptions(program.command("sync")))
    .description("poll Git now instead of at the next interval")
    .argument("<environment>")
    .option("--force", "deploy the newest commit even if it failed or is already deployed")
    .option("--dry-run", "show what the newest commit would change, without deploying it")
    .option(
      "--override-window",
      "start the deployment now although it waits for a window, a blackout or a cooldown; needs --reason",
    )
    .option("--reason <text>", "reason, recorded with the deployment")
    .addHelpText(
      "after",
      WAIT_HELP +
        formatHelpParagraph(
          "With --dry-run, the exit code is 3 if approval would be needed, 4 if the policy would " +
            "refuse, and 1 if the configuration is invalid. The plan is stored and can be read again.",
        ) +
        formatExamples(
          "honua sync production --wait",
          "honua sync production --force",
          "honua sync production --dry-run",
          'honua sync production --override-window --reason "outage 4711"',
        ),
    )
    .action((environment: string, flags: SyncFlags) =>
      syncEnvironment(context, environment, flags),
    );
}

async function syncEnvironment(
  context: CommandContext,
  environment: string,
  flags: SyncFlags,
): Promise<void> {
  const { force = false, overrideWindow = false, dryRun = false, reason } = flags;
  if (overrideWindow && !reason) {
    throw new CommandError("Give a reason for overriding the window with --reason.", EXIT.usage);
  }
  if (dryRun && (force || overrideWindow)) {
    throw new CommandError(
      "--dry-run cannot be combined with --force or --override-window, because it changes nothing.",
      EXIT.usage,
    );
  }
  const api = await connectApi(context, flags);
  const previousId = flags.wait ? await newestDeploymentId(api, environment) : undefined;
  const body = { force, overrideWindow, dryRun, reason };
  const poll = await api.post(`${environmentPath(environment)}/sync`, body, pollNow.response);
  if (poll.requestId) {
    await printDryRun(context, api, flags, { environment, requestId: poll.requestId });
    return;
  }
  if (flags.wait) {
    const id = await findDeployment(context, api, { environment, previousId, ...poll });
    if (id) return waitAndPrintDeployment(context, api, id, flags);
  }
  const isStarting = (poll.detected || overrideWindow) && !flags.wait;
  printResult(context, flags, poll, ({ commit }) =>
    isStarting
      ? `Commit ${shortCommit(commit)} will be deployed.\nFollow it with 'honua status ${environment} --watch'.`
      : `Nothing new: commit ${shortCommit(commit)} was already processed for '${environment}'.`,
  );
}

async function newestDeploymentId(
  api: ApiClient,
  environment: string,
): Promise<string | undefined> {
  const page = z.object({ items: z.array(z.object({ id: z.string() })) });
  const path = `${environmentPath(environment)}/deployments?limit=1`;
  // An environment without a deployment does not exist yet. Other errors recur in the next request.
  const newest = await api.get(path, page).catch(() => undefined);
  return newest?.items[0]?.id;
}

/**
 * Waits for the deployment that a poll led to.
 *
 * @returns its id, the id of a deployment in progress, or undefined if nothing is deployed
 */
async function findDeployment(
  context: CommandContext,
  api: ApiClient,
  poll: {
    environment: string;
    previousId: string | undefined;
    commit: string;
    detected: boolean;
  },
): Promise<string | undefined> {
  const progress = createProgress(context.progress, () => performance.now());
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  try {
    for (;;) {
      const state = await api
        .get(environmentPath(poll.environment), environmentState)
        .catch(() => undefined);
      const current = state?.currentDeployment;
      if (current && current.id !== poll.previousId && current.commit === poll.commit) {
        return current.id;
      }
      const isInProgress =
        current && !["Completed", "Failed", "RolledBack"].includes(current.state);
      if (!poll.detected) return isInProgress ? current.id : undefined;
      if (performance.now() > deadline) return undefined;
      progress.setStatus(`Waiting for the deployment of commit ${shortCommit(poll.commit)}`);
      await setTimeout(POLL_INTERVAL_MS, undefined, { signal: context.interruptSignal() });
    }
  } finally {
    progress.clearStatus();
  }
}

async function printDryRun(
  context: CommandContext,
  api: ApiClient,
  flags: SyncFlags,
  request: { environment: string; requestId: string },
): Promise<void> {
  const id = await waitForDryRun(context, api, request);
  const result = await api.get(`/api/gitops/dry-runs/${encodeURIComponent(id)}`, dryRun);
  printResult(context, flags, result, formatDryRun);
  if (!result.plan) throw new CommandError("", EXIT.failed);
  const { allowed, requiresApproval } = result.plan.decision;
  if (result.plan.changes.length === 0) return;
  if (!allowed) throw new CommandError("", EXIT.refused);
  if (requiresApproval) throw new CommandError("", EXIT.needsApproval);
}

async function waitForDryRun(
  context: CommandContext,
  api: ApiClient,
  { environment, requestId }: { environment: string; requestId: string },
): Promise<string> {
  const page = z.object({ items: z.array(dryRunSummary) });
  const path = `${environmentPath(environment)}/dry-runs?${new URLSearchParams({ requestId })}`;
  const progress = createProgress(context.progress, () => performance.now());
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  try {
    for (;;) {
      const { items } = await api.get(path, page);
      if (items[0]) return items[0].id;
      if (performance.now() > deadline) {
        throw new CommandError(
          `No reconciler planned the commit within ${OPEN_TIMEOUT_MS / 1_000} s. Check that one is running with 'honua doctor'.`,
        );
      }
      progress.setStatus("Planning");
      await setTimeout(POLL_INTERVAL_MS, undefined, { signal: context.interruptSignal() });
    }
  } finally {
    progress.clearStatus();
  }
}

function formatDryRun({ id, plan, errorMessage }: DryRun, width: number): string {
  if (!plan) {
    const message = `This commit cannot be deployed:\n${errorMessage}\n\nNothing was changed.`;
    return wrapText(message, width, 2);
  }
  const planText = wrapText(formatPlan(plan), width, 4);
  return `${planText}\n\nNothing was changed. Show this plan again with:\n  'honua deployment plan ${id}'`;
}
