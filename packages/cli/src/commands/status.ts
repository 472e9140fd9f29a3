import { type DeploymentSummary, type EnvironmentState, environmentState } from "@honua/contracts";
import type { Command } from "commander";
import { z } from "zod";
import { ago, columns, fields, statusColour } from "../output.ts";
import { type CommandContext, type CommonFlags, connect, show, withConnection } from "./context.ts";

/** `honua status [environment]` */
export function statusCommand(program: Command, context: CommandContext): void {
  withConnection(program.command("status"))
    .description("what each environment serves, and how it is")
    .argument("[environment]", "one environment in full")
    .addHelpText("after", "\nExamples:\n  honua status\n  honua status production -o json\n")
    .action(async (environment: string | undefined, flags: CommonFlags) => {
      const api = await connect(context, flags);
      if (environment) {
        const state = await api.get(
          `/api/gitops/environments/${encodeURIComponent(environment)}`,
          environmentState,
        );
        show(context, flags, state, (value) => formatState(value, context.now()));
        return;
      }
      const page = await api.get(
        "/api/gitops/environments",
        z.object({ items: z.array(environmentState) }),
      );
      show(context, flags, page.items, formatStates);
    });
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

function firstLine(message: string): string {
  return message.split("\n", 1)[0] ?? "";
}
