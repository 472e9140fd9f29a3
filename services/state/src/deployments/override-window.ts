import { environmentSyncRequested } from "@honua/contracts";
import { storableText } from "../database/storable-text.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { isSupersedable } from "./lifecycle.ts";
import { readActiveDeployment } from "./read-deployments.ts";

/**
 * Lets a deployment start outside the deployment windows: the waiting one, or the one that is about to
 * be opened for a newly published commit.
 *
 * @param request.commit undefined: the commit of the waiting deployment
 * @returns the commit whose deployment may start, or undefined if no deployment is waiting
 */
export async function overrideWindow(
  changeEnvironment: ChangeEnvironment,
  request: { environment: string; by: string; reason: string; force: boolean; commit?: string },
): Promise<string | undefined> {
  const { environment, by, force } = request;
  const reason = storableText(request.reason);
  return changeEnvironment(environment, async (change) => {
    const override = { by, reason, at: change.now.toISOString() };
    const waiting = await readWaitingDeployment(change, environment);
    const commit = request.commit ?? waiting?.commit.id;
    if (commit === undefined) return undefined;
    if (waiting?.commit.id === commit) {
      await change.transaction
        .updateTable("deployments")
        .set({ window_override: JSON.stringify(override) })
        .where("id", "=", waiting.id)
        .execute();
    } else {
      await change.update({ window_override: { ...override, commit } });
    }
    await change.emit(environmentSyncRequested, {
      requestedBy: by,
      force,
      reason,
      overrideWindow: true,
    });
    change.audit({
      actor: by,
      action: "environment.override-window",
      ...(waiting?.commit.id === commit ? { target: waiting.id } : {}),
      outcome: "done",
      detail: { commit, reason, force },
    });
    return commit;
  });
}

async function readWaitingDeployment({ transaction }: EnvironmentChange, environment: string) {
  const active = await readActiveDeployment(transaction, environment);
  return active && isSupersedable(active) ? active : undefined;
}
