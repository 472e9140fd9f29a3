import { setTimeout } from "node:timers/promises";
import {
  type DeploymentSummary,
  type DryRunSummary,
  type EnvironmentState,
  environmentState,
} from "@honua/contracts";
import { countOf, firstLine } from "@honua/text";
import type { Command } from "commander";
import type { ApiClient } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import { type CommandContext, connectApi, renderResult } from "../command-context.ts";
import {
  addConnectionOptions,
  type CommonFlags,
  formatExamples,
} from "../options/shared-options.ts";
import { colors, colourStatus } from "../output/colours.ts";
import { formatAge, shortCommit } from "../output/phrases.ts";
import { formatFields, formatTable } from "../output/tables.ts";
import { wrapText } from "../output/text-layout.ts";
import { escapeUntrustedText } from "../output/untrusted-text.ts";

interface StatusFlags extends CommonFlags {
  watch?: boolean;
}

const WATCH_INTERVAL_MS = 1_000;
/** Moves the cursor to the top and clears the screen below it, which redraws without flicker. */
const REDRAW = "\u001b[H\u001b[J";

/** Adds `honua status [environment]`. */
export function addStatusCommand(program: Command, context: CommandContext): void {
  addConnectionOptions(program.command("status"))
    .description("show the commit, health and sync status of each environment")
    .argument("[environment]", "show the details of this environment")
    .option("--watch", "update until Ctrl-C; without a terminal, print each change")
    .addHelpText(
      "after",
      formatExamples(
        "honua status",
        "honua status production --watch",
        "honua status production -o json",
      ),
    )
    .action(async (environment: string | undefined, flags: StatusFlags) => {
      const api = await connectApi(context, flags);
      const readAndRender = async () =>
        renderResult(context, flags, await readStatus(api, environment), (status, width) =>
          Array.isArray(status)
            ? formatEnvironments(status, width)
            : formatEnvironment(status, context.now(), width),
        );
      if (flags.watch) await watchStatus(context, readAndRender);
      else context.print(await readAndRender());
    });
}

function readStatus(api: ApiClient, environment: string | undefined) {
  return environment === undefined
    ? readPages(api, "/api/gitops/environments", environmentState)
    : api.get(environmentPath(environment), environmentState);
}

async function watchStatus(
  context: CommandContext,
  readAndRender: () => Promise<string>,
): Promise<void> {
  const signal = context.interruptSignal();
  // An error of the first request is permanent, such as a mistyped name. Later ones are shown.
  let shown = await readAndRender();
  const draw = () => context.print(context.isTerminal ? REDRAW + shown : shown);
  draw();
  let lastStatus = shown;
  while (!signal.aborted) {
    await setTimeout(WATCH_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    let next: string;
    try {
      next = await readAndRender();
      lastStatus = next;
    } catch (error) {
      if (!context.isTerminal) continue;
      const message = escapeUntrustedText((error as Error).message);
      next = `${lastStatus}\n\n${colors.yellow(wrapText(message, context.width))}`;
    }
    if (signal.aborted || next === shown) continue;
    shown = next;
    draw();
  }
}

function formatEnvironments(states: EnvironmentState[], width: number): string {
  if (states.length === 0) return "No environment has a deployment yet.";
  return formatTable(
    ["ENVIRONMENT", "HEALTH", "SYNC", "COMMIT", "LATEST DEPLOYMENT"],
    states.map((state) => [
      state.environment,
      colourStatus(state.health),
      colourStatus(state.syncStatus) + formatObstacles(state),
      state.deployedCommit ? shortCommit(state.deployedCommit) : "-",
      state.currentDeployment
        ? `${state.currentDeployment.id} ${colourStatus(state.currentDeployment.state)}`
        : "-",
    ]),
    width,
  );
}

/** Lists what prevents new deployments until an operator acts. */
function formatObstacles({ pause, blocked, refusal }: EnvironmentState): string {
  const obstacles = [
    ...(pause ? [colourStatus("paused")] : []),
    ...(blocked ? ["blocked"] : []),
    ...(refusal ? [refusal.code] : []),
  ];
  return obstacles.length > 0 ? ` (${obstacles.join(", ")})` : "";
}

function formatEnvironment(state: EnvironmentState, now: Date, width: number): string {
  const { environment, pause, blocked, refusal, hold, lastDryRun, currentDeployment } = state;
  const pairs: [string, string][] = [
    ["Environment", environment],
    ["Health", colourStatus(state.health)],
    ["Sync", colourStatus(state.syncStatus)],
    ["Serves", state.deployedCommit ? shortCommit(state.deployedCommit) : "nothing yet"],
    ["Newest in Git", state.latestCommit ? shortCommit(state.latestCommit) : "-"],
  ];
  if (pause) pairs.push(["Paused", `${pause.reason} (${pause.by}, ${formatAge(pause.at, now)})`]);
  if (blocked) {
    const { message, at } = blocked;
    pairs.push(["Blocked", `${message} (${formatAge(at, now)})`]);
    pairs.push(["", `Push a newer commit, or run 'honua sync ${environment} --force'.`]);
  }
  if (refusal) {
    const { commit, reason, code, at } = refusal;
    pairs.push(["Refused", `${shortCommit(commit)}: ${reason} (${code}, ${formatAge(at, now)})`]);
  }
  if (hold) pairs.push(["Held back", hold.reason]);
  if (lastDryRun) pairs.push(["Last dry run", formatDryRun(lastDryRun, now)]);
  if (currentDeployment) pairs.push(...deploymentFields(currentDeployment, now));
  return formatFields(pairs, width);
}

function deploymentFields(deployment: DeploymentSummary, now: Date): [string, string][] {
  const { commit, message, author, completedAt } = deployment;
  const pairs: [string, string][] = [
    ["Deployment", `${deployment.id} ${colourStatus(deployment.state)}`],
    ["Commit", `${shortCommit(commit)} ${firstLine(message)} (${author})`],
    ["Started", formatAge(deployment.startedAt, now)],
  ];
  if (deployment.restores) pairs.push(["Restores", deployment.restores]);
  if (deployment.waitingFor) pairs.push(["Waiting for", deployment.waitingFor]);
  if (deployment.notBefore) pairs.push(["Not before", deployment.notBefore]);
  if (completedAt) pairs.push(["Finished", formatAge(completedAt, now)]);
  if (deployment.reason) pairs.push(["Reason", deployment.reason]);
  if (deployment.errorMessage) pairs.push(["Error", deployment.errorMessage]);
  return pairs;
}

function formatDryRun({ id, at, outcome, changes, riskLevel }: DryRunSummary, now: Date): string {
  const result =
    outcome === "failed"
      ? "cannot be deployed"
      : `${countOf(changes ?? 0, "change")}, risk ${riskLevel}`;
  return `${result} (${formatAge(at, now)}) ${id}`;
}
