import {
  environmentDrifted,
  type recordCommitSeen as recordCommitSeenCall,
  type reportObservation,
} from "@honua/contracts";
import type { z } from "zod";
import { resolveRefusal } from "../commits/refused-commits.ts";
import type { ChangeEnvironment } from "./environment-change.ts";
import { syncStatusUnderHold } from "./environment-status.ts";

/**
 * Records how an environment was observed. Each observation renews `lastUpdated`, so that a
 * watchdog on the state document can tell a quiet system from a dead one; only a change is told.
 *
 * @returns whether health or sync changed
 */
export async function recordObservation(
  changeEnvironment: ChangeEnvironment,
  observation: z.output<typeof reportObservation.request>,
): Promise<{ changed: boolean }> {
  const { environment: name } = observation;
  return changeEnvironment(name, async ({ environment, update, emit, audit }) => {
    const before = environment();
    const { blocked, hold } = before;
    const isWell = observation.health === "Healthy";
    // However well the gateways are: a person has to act.
    const health = blocked && isWell ? "Degraded" : observation.health;
    const syncStatus = blocked ? "OutOfSync" : syncStatusUnderHold(observation.syncStatus, hold);
    const held = blocked ? `blocked: ${blocked.message}` : hold?.reason;
    const message = (isWell && held) || observation.message;
    const changed = before.health !== health || before.sync_status !== syncStatus;
    await update({ health, sync_status: syncStatus });
    if (!changed) return { changed };
    const detail = { health, syncStatus, message };
    audit({ actor: "system:reconciler", action: "environment.drift", outcome: "done", detail });
    await emit(environmentDrifted, detail);
    return { changed };
  });
}

/** Notes the newest commit of an environment's branch, which changes nothing for it. */
export async function recordCommitSeen(
  changeEnvironment: ChangeEnvironment,
  { environment, commit, branch }: z.output<typeof recordCommitSeenCall.request>,
): Promise<void> {
  await changeEnvironment(environment, async (change) => {
    resolveRefusal(change);
    await change.update({ latest_commit: commit, branch });
  });
}
