import { setTimeout } from "node:timers/promises";
import { type Deployment, deployment } from "@honua/contracts";
import { firstLine } from "@honua/text";
import { type Api, StatusFailed } from "../api/api-client.ts";
import { deploymentPath } from "../api/api-paths.ts";
import { CommandFailed, EXIT, type ExitCode } from "../command-error.ts";
import type { Progress } from "../output/progress.ts";
import { statusColour } from "../output/render-value.ts";

/** Milliseconds between looks. */
const EVERY_MS = 500;
/** A failure after something was applied may turn into a rollback within this time. */
const ROLLBACK_WITHIN_MS = 5_000;

/**
 * Follows a deployment until nothing more happens by itself, or people must decide.
 *
 * @throws CommandFailed when `timeoutMs` passes before that
 */
export async function waitForDeployment(
  api: Pick<Api, "get">,
  id: string,
  deps: { progress: Progress; timeoutMs: number; signal: AbortSignal; everyMs?: number },
): Promise<Deployment> {
  const { progress, signal, everyMs = EVERY_MS } = deps;
  const deadline = performance.now() + deps.timeoutMs;
  let told = 0;
  let failedAt: number | undefined;
  try {
    for (;;) {
      const current = await look(api, id);
      if (current) {
        for (const { at, to, message } of current.stateHistory.slice(told)) {
          progress.line(
            `${at.slice(11, 19)}  ${statusColour(to.padEnd(16))}  ${firstLine(message)}`,
          );
        }
        told = current.stateHistory.length;
        if (current.state === "Failed") failedAt ??= performance.now();
        const settled = failedAt === undefined || performance.now() - failedAt > ROLLBACK_WITHIN_MS;
        if (isAtRest(current) && (settled || !mayRollBack(current))) return current;
        progress.status(describe(current));
      } else progress.status("The state service does not answer; trying again …");
      if (performance.now() > deadline) {
        const state = current?.state ?? "unknown";
        throw new CommandFailed(
          `${id} is still ${state} after ${Math.round(deps.timeoutMs / 1_000)} s; it goes on by itself.`,
        );
      }
      await setTimeout(everyMs, undefined, { signal });
    }
  } finally {
    progress.done();
  }
}

/** What a script learns from how a deployment stands. */
export function exitCodeOf({ state, reason }: Pick<Deployment, "state" | "reason">): ExitCode {
  if (state === "Completed") return EXIT.done;
  if (state === "AwaitingApproval") return EXIT.needsApproval;
  return reason === "Rejected" || reason === "ApprovalExpired" ? EXIT.refused : EXIT.failed;
}

function isAtRest({ state }: Deployment): boolean {
  return ["Completed", "Failed", "RolledBack", "AwaitingApproval"].includes(state);
}

function mayRollBack({ state, stateHistory }: Deployment): boolean {
  const wasApplied = stateHistory.some(({ to }) => to === "Applying");
  return state === "Failed" && wasApplied && stateHistory.at(-1)?.from !== "RollingBack";
}

function describe({ state, waitingFor, notBefore }: Deployment): string {
  if (!waitingFor) return state;
  return `${state}, waiting: ${waitingFor}${notBefore ? `, not before ${notBefore}` : ""}`;
}

/** A service that is being started again is waited for; what it refuses is not. */
async function look(api: Pick<Api, "get">, id: string): Promise<Deployment | undefined> {
  try {
    return await api.get(deploymentPath(id), deployment);
  } catch (error) {
    if (error instanceof StatusFailed && error.status < 500) throw error;
    return undefined;
  }
}
