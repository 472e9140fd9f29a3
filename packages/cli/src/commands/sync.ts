import { setTimeout } from "node:timers/promises";
import { dryRun, dryRunSummary, environmentState, pollNow } from "@honua/contracts";
import { formatPlan } from "@honua/release";
import type { Command } from "commander";
import { z } from "zod";
import type { Api } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  show,
  withConnection,
} from "../command-context.ts";
import { CommandFailed, EXIT } from "../command-error.ts";
import { follow, WAIT_HELP, type WaitFlags, withWait } from "../options/wait-options.ts";
import { createProgress } from "../output/progress.ts";

interface SyncFlags extends CommonFlags, WaitFlags {
  force?: boolean;
  dryRun?: boolean;
  overrideWindow?: boolean;
  reason?: string;
}

/** Milliseconds between looks for what a sync led to. */
const LOOK_EVERY_MS = 200;
/** A commit that was handed over is a deployment within this time, or holds nothing new. */
const OPENED_WITHIN_MS = 30_000;

/** `honua sync <environment>` */
export function syncCommand(program: Command, context: CommandContext): void {
  withWait(withConnection(program.command("sync")))
    .description("look at Git now instead of at the next interval")
    .argument("<environment>")
    .option(
      "--force",
      "deploy the newest commit again, even if it failed before or is already deployed",
    )
    .option("--dry-run", "show what the newest commit would change, and change nothing")
    .option(
      "--override-window",
      "start the deployment that waits for a window, a blackout or a cooldown now; needs --reason",
    )
    .option("--reason <text>", "why, kept with the deployment")
    .addHelpText(
      "after",
      `${WAIT_HELP}With --dry-run: ends with 3 when people would have to agree, 4 when policy would refuse, 1 when\n` +
        `the configuration is wrong. The plan is kept and can be read again.\n${examples(
          "honua sync production --wait",
          "honua sync production --force",
          "honua sync production --dry-run",
          'honua sync production --override-window --reason "outage 4711"',
        )}`,
    )
    .action(async (environment: string, flags: SyncFlags) => {
      if (flags.overrideWindow && !flags.reason) {
        throw new CommandFailed("Say why the window is overridden: --reason.", EXIT.usage);
      }
      if (flags.dryRun && (flags.force || flags.overrideWindow)) {
        throw new CommandFailed(
          "--dry-run changes nothing, so there is nothing to force.",
          EXIT.usage,
        );
      }
      const api = await connect(context, flags);
      const before = flags.wait ? await newestDeployment(api, environment) : undefined;
      const answer = await api.post(
        `${environmentPath(environment)}/sync`,
        {
          force: flags.force ?? false,
          overrideWindow: flags.overrideWindow ?? false,
          dryRun: flags.dryRun ?? false,
          reason: flags.reason,
        },
        pollNow.response,
      );
      if (answer.requestId) {
        await showDryRun(context, api, flags, { environment, requestId: answer.requestId });
        return;
      }
      const startsNow = answer.detected || flags.overrideWindow;
      if (flags.wait) {
        const id = await deploymentOf(context, api, { environment, before, ...answer });
        if (id) return follow(context, api, id, flags);
      }
      show(context, flags, answer, ({ commit }) =>
        startsNow && !flags.wait
          ? `Commit ${commit.slice(0, 7)} is on its way. Follow it with 'honua status ${environment} --watch'.`
          : `Nothing new: '${environment}' already knows commit ${commit.slice(0, 7)}.`,
      );
    });
}

async function newestDeployment(api: Api, environment: string): Promise<string | undefined> {
  const page = z.object({ items: z.array(z.object({ id: z.string() })) });
  // An environment that nothing was deployed to yet is not known; sync says the rest.
  const path = `${environmentPath(environment)}/deployments?limit=1`;
  const newest = await api.get(path, page).catch(() => undefined);
  return newest?.items[0]?.id;
}

/** The deployment that a sync led to or that waits already; undefined when there is nothing to do. */
async function deploymentOf(
  context: CommandContext,
  api: Api,
  asked: { environment: string; before: string | undefined; commit: string; detected: boolean },
): Promise<string | undefined> {
  const progress = createProgress(context.progress, () => performance.now());
  const deadline = performance.now() + OPENED_WITHIN_MS;
  try {
    for (;;) {
      const state = await api
        .get(environmentPath(asked.environment), environmentState)
        .catch(() => undefined);
      const current = state?.currentDeployment;
      if (current && current.id !== asked.before && current.commit === asked.commit) {
        return current.id;
      }
      const isUnderWay = current && !["Completed", "Failed", "RolledBack"].includes(current.state);
      if (!asked.detected) return isUnderWay ? current.id : undefined;
      if (performance.now() > deadline) return undefined;
      progress.status(`Waiting for commit ${asked.commit.slice(0, 7)} to be taken up`);
      await setTimeout(LOOK_EVERY_MS, undefined, { signal: context.interrupted() });
    }
  } finally {
    progress.done();
  }
}

async function showDryRun(
  context: CommandContext,
  api: Api,
  flags: SyncFlags,
  { environment, requestId }: { environment: string; requestId: string },
): Promise<void> {
  const id = await recordedDryRun(context, api, { environment, requestId });
  const found = await api.get(`/api/gitops/dry-runs/${encodeURIComponent(id)}`, dryRun);
  show(context, flags, found, ({ plan, errorMessage }) =>
    plan
      ? `${formatPlan(plan)}\n\nNothing was changed. The plan is kept: honua deployment plan ${id}`
      : `This commit cannot be deployed:\n${errorMessage}\n\nNothing was changed.`,
  );
  if (!found.plan) throw new CommandFailed("", EXIT.failed);
  const { allowed, requiresApproval } = found.plan.decision;
  if (found.plan.changes.length === 0) return;
  if (!allowed) throw new CommandFailed("", EXIT.refused);
  if (requiresApproval) throw new CommandFailed("", EXIT.needsApproval);
}

async function recordedDryRun(
  context: CommandContext,
  api: Api,
  { environment, requestId }: { environment: string; requestId: string },
): Promise<string> {
  const page = z.object({ items: z.array(dryRunSummary) });
  const path = `${environmentPath(environment)}/dry-runs?${new URLSearchParams({ requestId })}`;
  const progress = createProgress(context.progress, () => performance.now());
  const deadline = performance.now() + OPENED_WITHIN_MS;
  try {
    for (;;) {
      const { items } = await api.get(path, page);
      if (items[0]) return items[0].id;
      if (performance.now() > deadline) {
        throw new CommandFailed(
          "No reconciler has planned it yet. Is one running? Try 'honua doctor'.",
        );
      }
      progress.status("Planning");
      await setTimeout(LOOK_EVERY_MS, undefined, { signal: context.interrupted() });
    }
  } finally {
    progress.done();
  }
}
