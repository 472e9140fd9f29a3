import { setTimeout } from "node:timers/promises";
import { type Deployment, deployment } from "@honua/contracts";
import { firstLine } from "@honua/text";
import { type ApiClient, HttpStatusError } from "../api/api-client.ts";
import { deploymentPath } from "../api/api-paths.ts";
import { CommandError, EXIT, type ExitCode } from "../command-error.ts";
import { colourStatus } from "../output/colours.ts";
import type { Progress } from "../output/progress.ts";
import { escapeUntrustedText } from "../output/untrusted-text.ts";

const POLL_INTERVAL_MS = 500;
/** If a deployment fails after it was applied, a rollback starts within this time. */
const ROLLBACK_START_MS = 5_000;

/**
 * Waits until a deployment has ended or needs approval, and reports its transitions.
 *
 * @param deps.timeoutMs milliseconds to wait
 * @param deps.pollIntervalMs milliseconds between polls; 500 by default
 * @throws CommandError when the timeout expires or the service refuses the request
 */
export async function waitForDeployment(
  api: Pick<ApiClient, "get">,
  id: string,
  deps: { progress: Progress; timeoutMs: number; signal: AbortSignal; pollIntervalMs?: number },
): Promise<Deployment> {
  const { progress, signal, pollIntervalMs = POLL_INTERVAL_MS } = deps;
  const deadline = performance.now() + deps.timeoutMs;
  let reportedTransitions = 0;
  let failedAt: number | undefined;
  try {
    for (;;) {
      const current = await readDeployment(api, id);
      if (current) {
        for (const transition of current.stateHistory.slice(reportedTransitions)) {
          progress.printLine(formatTransition(transition));
        }
        reportedTransitions = current.stateHistory.length;
        if (current.state === "Failed") failedAt ??= performance.now();
        const rollbackIsOverdue =
          failedAt !== undefined && performance.now() - failedAt > ROLLBACK_START_MS;
        if (isSettled(current) && (rollbackIsOverdue || !mayRollBack(current))) return current;
        progress.setStatus(formatActivity(current));
      } else progress.setStatus("The state service does not respond. Retrying …");
      if (performance.now() > deadline) {
        const state = current?.state ?? "in an unknown state";
        throw new CommandError(
          `${id} is still ${state} after ${Math.round(deps.timeoutMs / 1_000)} s. The deployment continues.`,
        );
      }
      await setTimeout(pollIntervalMs, undefined, { signal });
    }
  } finally {
    progress.clearStatus();
  }
}

/** Returns the exit code of a command that waited for the deployment. */
export function exitCodeOfDeployment({
  state,
  reason,
}: Pick<Deployment, "state" | "reason">): ExitCode {
  if (state === "Completed") return EXIT.done;
  if (state === "AwaitingApproval") return EXIT.needsApproval;
  return reason === "Rejected" || reason === "ApprovalExpired" ? EXIT.refused : EXIT.failed;
}

/** Whether the deployment does not continue without a decision of an approver. */
function isSettled({ state }: Deployment): boolean {
  return ["Completed", "Failed", "RolledBack", "AwaitingApproval"].includes(state);
}

function mayRollBack({ state, stateHistory }: Deployment): boolean {
  const wasApplied = stateHistory.some(({ to }) => to === "Applying");
  return state === "Failed" && wasApplied && stateHistory.at(-1)?.from !== "RollingBack";
}

function formatTransition({ at, to, message }: Deployment["stateHistory"][number]): string {
  const text = escapeUntrustedText(firstLine(message));
  return `${at.slice(11, 19)}  ${colourStatus(to.padEnd(16))}  ${text}`;
}

function formatActivity({ state, waitingFor, notBefore }: Deployment): string {
  if (!waitingFor) return state;
  return `${state}, waiting: ${waitingFor}${notBefore ? `, not before ${notBefore}` : ""}`;
}

/** Returns undefined while the service is unavailable, so that a restart does not end the wait. */
async function readDeployment(
  api: Pick<ApiClient, "get">,
  id: string,
): Promise<Deployment | undefined> {
  try {
    return await api.get(deploymentPath(id), deployment);
  } catch (error) {
    if (error instanceof HttpStatusError && error.status < 500) throw error;
    return undefined;
  }
}
