import { environmentDrifted, type reportObservation } from "@honua/contracts";
import type { z } from "zod";
import type { ChangeEnvironment } from "./environment-change.ts";
import { syncStatusUnderHold } from "./environment-status.ts";

/**
 * Records the observed status of an environment. Each observation renews `lastUpdated`, so that a
 * watchdog on the state document can distinguish an idle system from a stopped one. An event is
 * emitted only if the status changed.
 *
 * @returns whether the health or the sync status changed
 */
export async function recordObservation(
  changeEnvironment: ChangeEnvironment,
  observation: z.output<typeof reportObservation.request>,
): Promise<{ changed: boolean }> {
  const { environment: name } = observation;
  return changeEnvironment(name, async ({ environment, update, emit, audit }) => {
    const before = environment();
    const { blocked, hold } = before;
    const isHealthy = observation.health === "Healthy";
    // A blocked environment needs an operator even if its gateways are healthy.
    const health = blocked && isHealthy ? "Degraded" : observation.health;
    const syncStatus = blocked ? "OutOfSync" : syncStatusUnderHold(observation.syncStatus, hold);
    const heldMessage = blocked ? `Blocked by a dead letter: ${blocked.message}` : hold?.reason;
    const message = (isHealthy && heldMessage) || observation.message;
    const changed = before.health !== health || before.sync_status !== syncStatus;
    await update({ health, sync_status: syncStatus });
    if (!changed) return { changed };
    const detail = { health, syncStatus, message };
    audit({ actor: "system:reconciler", action: "environment.drift", outcome: "done", detail });
    await emit(environmentDrifted, detail);
    return { changed };
  });
}
