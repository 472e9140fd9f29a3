import {
  commitDetected,
  type Deployment,
  environmentResync,
  openDeployment,
} from "@honua/contracts";
import { type Bus, hasCode, type LaneMessage, type Log } from "@honua/service-kit";
import type { Reconcile } from "../deployment/reconcile.ts";
import type { Heal } from "../drift/correct-drift.ts";
import type { DryRunCommit } from "../dry-run/dry-run-commit.ts";

/** Nothing of it was touched yet, so what is live is still what should be served. */
const isWaiting = ({ state, waitingFor }: Deployment) =>
  waitingFor !== null || state === "Pending" || state === "AwaitingApproval";

/**
 * What each message of a lane makes the reconciler do. Messages are hints to look at state; only
 * `commit.detected` brings something new.
 */
export function createHandleMessage(deps: {
  bus: Bus;
  log: Log;
  reconcile: Reconcile;
  heal: Heal;
  dryRun: DryRunCommit;
  /** The whole server only plans. */
  onlyPlans: boolean;
}) {
  const { bus, reconcile } = deps;

  return async ({ environment, event }: LaneMessage, signal: AbortSignal): Promise<void> => {
    if (event.type === commitDetected.type) {
      const detected = commitDetected.data.parse(event.data);
      if (detected.dryRun || deps.onlyPlans) {
        await deps.dryRun(environment, event.id, detected);
        return;
      }
      const situation = await open(environment, event.id, detected).catch(
        async (error: unknown) => {
          if (!hasCode(error, "busy")) throw error;
          // A process that died left a deployment half applied; it comes first.
          await reconcile(environment, signal);
          return open(environment, event.id, detected);
        },
      );
      await reconcile(environment, signal, situation);
      return;
    }
    // After anything else that is kept for a lane, whatever waits may go on.
    const situation = await reconcile(environment, signal);
    if (event.type !== environmentResync.type || !situation) return;
    if (!situation.active || isWaiting(situation.active)) await deps.heal(situation);
  };

  async function open(
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
        `Commit ${commit.id.slice(0, 7)} holds what is already deployed, or what a rollback went away from; nothing to do`,
      );
    }
    return situation;
  }
}
