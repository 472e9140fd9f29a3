import {
  commitDetected,
  type Deployment,
  environmentResync,
  openDeployment,
} from "@honua/contracts";
import { type Bus, hasCode, type LaneMessage, type Log } from "@honua/service-kit";
import type { Reconcile } from "../deployment/reconcile.ts";
import type { CorrectDrift } from "../drift/correct-drift.ts";
import type { DryRunCommit } from "../dry-run/dry-run-commit.ts";

/** The deployment has not changed anything yet, so the gateways should still serve the live release. */
const isWaitingToStart = ({ state, waitingFor }: Deployment) =>
  waitingFor !== null || state === "Pending" || state === "AwaitingApproval";

/**
 * Handles the messages of a lane. A message is a hint to compare with state; only `commit.detected`
 * carries new information.
 */
export function createLaneMessageHandler(deps: {
  bus: Bus;
  log: Log;
  reconcile: Reconcile;
  correctDrift: CorrectDrift;
  dryRun: DryRunCommit;
  /** True if the server is in dry-run mode (`GitOps.DryRun`). */
  isDryRunServer: boolean;
}) {
  const { bus, reconcile } = deps;

  return async ({ environment, event }: LaneMessage, signal: AbortSignal): Promise<void> => {
    if (event.type === commitDetected.type) {
      const detected = commitDetected.data.parse(event.data);
      if (detected.dryRun || deps.isDryRunServer) {
        await deps.dryRun(environment, event.id, detected);
        return;
      }
      const situation = await openFromCommit(environment, event.id, detected).catch(
        async (error: unknown) => {
          if (!hasCode(error, "busy")) throw error;
          // Finish the deployment that a terminated process left half applied first.
          await reconcile(environment, signal);
          return openFromCommit(environment, event.id, detected);
        },
      );
      await reconcile(environment, signal, situation);
      return;
    }
    // Any other message may mean that a waiting deployment can continue.
    const situation = await reconcile(environment, signal);
    if (event.type !== environmentResync.type || !situation) return;
    if (!situation.active || isWaitingToStart(situation.active)) await deps.correctDrift(situation);
  };

  async function openFromCommit(
    environment: string,
    requestId: string,
    detected: ReturnType<typeof commitDetected.data.parse>,
  ) {
    const { commit, treeHash, bundle, forced } = detected;
    const { deployment, situation } = await bus.call(openDeployment, {
      environment,
      commit,
      treeHash,
      bundle,
      trigger: forced ? "sync" : "commit",
      initiatedBy: "GitWatcher",
      requestId,
    });
    if (!deployment) {
      deps.log.info(
        { environment, commit: commit.id },
        `Commit ${commit.id.slice(0, 7)} needs no deployment: its content is already deployed, or a rollback replaced it`,
      );
    }
    return situation;
  }
}
