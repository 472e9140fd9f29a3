import { setTimeout } from "node:timers/promises";
import {
  type DeploymentSummary,
  type DryRunSummary,
  type EnvironmentState,
  environmentState,
} from "@honua/contracts";
import { countOf, firstLine } from "@honua/text";
import type { Command } from "commander";
import type { Api } from "../api/api-client.ts";
import { environmentPath } from "../api/api-paths.ts";
import { readPages } from "../api/read-pages.ts";
import {
  type CommandContext,
  type CommonFlags,
  connect,
  examples,
  withConnection,
} from "../command-context.ts";
import { colors } from "../output/colours.ts";
import { ago, columns, fields, render, statusColour } from "../output/render-value.ts";

interface StatusFlags extends CommonFlags {
  watch?: boolean;
}

/** Milliseconds between looks of `--watch`. */
const WATCH_EVERY_MS = 1_000;
/** Puts the cursor at the top and clears what is below: redrawn without flicker. */
const REDRAW = "\u001b[H\u001b[J";

/** `honua status [environment]` */
export function statusCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("status"))
    .description("what each environment serves, and how it is")
    .argument("[environment]", "one environment in full")
    .option("--watch", "go on showing it until Ctrl-C; where there is no terminal, when it changes")
    .addHelpText(
      "after",
      examples(
        "honua status",
        "honua status production --watch",
        "honua status production -o json",
      ),
    )
    .action(async (environment: string | undefined, flags: StatusFlags) => {
      const api = await connect(context, flags);
      const read = async () =>
        render(await readStatus(api, environment), flags.output, (value) => {
          const now = context.now();
          return Array.isArray(value) ? formatStates(value) : formatState(value, now);
        });
      if (flags.watch) await watch(context, read);
      else context.print(await read());
    });
}

function readStatus(api: Api, environment: string | undefined) {
  return environment === undefined
    ? readPages(api, "/api/gitops/environments", environmentState)
    : api.get(environmentPath(environment), environmentState);
}

async function watch(context: CommandContext, read: () => Promise<string>): Promise<void> {
  const signal = context.interrupted();
  // What is mistyped or refused at first will not become right.
  let shown = await read();
  const draw = () => context.print(context.isTerminal ? REDRAW + shown : shown);
  draw();
  while (!signal.aborted) {
    await setTimeout(WATCH_EVERY_MS, undefined, { signal }).catch(() => undefined);
    const now = await read().catch((error: Error) =>
      context.isTerminal ? `${shown}\n\n${colors.yellow(error.message)}` : shown,
    );
    if (signal.aborted || now === shown) continue;
    shown = now;
    draw();
  }
}

function formatStates(states: EnvironmentState[]): string {
  if (states.length === 0) return "No environment has had a deployment yet.";
  return columns(
    ["ENVIRONMENT", "HEALTH", "SYNC", "COMMIT", "LATEST DEPLOYMENT"],
    states.map((state) => [
      state.environment,
      statusColour(state.health),
      statusColour(state.syncStatus) + note(state),
      state.deployedCommit?.slice(0, 7) ?? "-",
      state.currentDeployment
        ? `${state.currentDeployment.id} ${statusColour(state.currentDeployment.state)}`
        : "-",
    ]),
  );
}

/** Why nothing newer is coming, where somebody has to do something about it. */
function note({ pause, blocked, refusal }: EnvironmentState): string {
  const reasons = [
    ...(pause ? [statusColour("paused")] : []),
    ...(blocked ? [statusColour("blocked")] : []),
    ...(refusal ? [refusal.code] : []),
  ];
  return reasons.length > 0 ? ` (${reasons.join(", ")})` : "";
}

function formatState(state: EnvironmentState, now: Date): string {
  const current = state.currentDeployment;
  const pairs: [string, string][] = [
    ["Environment", state.environment],
    ["Health", statusColour(state.health)],
    ["Sync", statusColour(state.syncStatus)],
    ["Serves", state.deployedCommit?.slice(0, 7) ?? "nothing yet"],
    ["Newest in Git", state.latestCommit?.slice(0, 7) ?? "-"],
  ];
  if (state.pause) {
    const { reason, by, at } = state.pause;
    pairs.push(["Paused", `${reason} (${by}, ${ago(at, now)})`]);
  }
  if (state.blocked) {
    const { message, at } = state.blocked;
    pairs.push(["Blocked", `${message} (${ago(at, now)}; push a newer commit, or sync --force)`]);
  }
  if (state.refusal) {
    const { commit, reason, code, at } = state.refusal;
    pairs.push(["Refused", `${commit.slice(0, 7)}: ${reason} (${code}, ${ago(at, now)})`]);
  }
  if (state.hold) pairs.push(["Held back", state.hold.reason]);
  if (state.lastDryRun) pairs.push(["Last dry run", describeDryRun(state.lastDryRun, now)]);
  if (current) pairs.push(...describeDeployment(current, now));
  return fields(pairs);
}

/** The lines that describe one deployment, for `status` and `deployment show`. */
export function describeDeployment(deployment: DeploymentSummary, now: Date): [string, string][] {
  const pairs: [string, string][] = [
    ["Deployment", `${deployment.id} ${statusColour(deployment.state)}`],
    [
      "Commit",
      `${deployment.commit.slice(0, 7)} ${firstLine(deployment.message)} (${deployment.author})`,
    ],
    ["Started", ago(deployment.startedAt, now)],
  ];
  if (deployment.restores) pairs.push(["Goes back to", deployment.restores]);
  if (deployment.waitingFor) pairs.push(["Waiting for", deployment.waitingFor]);
  if (deployment.notBefore) pairs.push(["Not before", deployment.notBefore]);
  if (deployment.completedAt) pairs.push(["Finished", ago(deployment.completedAt, now)]);
  if (deployment.reason) pairs.push(["Reason", deployment.reason]);
  if (deployment.errorMessage) pairs.push(["Error", deployment.errorMessage]);
  return pairs;
}

function describeDryRun({ id, at, outcome, changes, riskLevel }: DryRunSummary, now: Date): string {
  const what =
    outcome === "failed"
      ? "cannot be deployed"
      : `${countOf(changes ?? 0, "change")}, risk ${riskLevel}`;
  return `${what} (${ago(at, now)}) ${id}`;
}
