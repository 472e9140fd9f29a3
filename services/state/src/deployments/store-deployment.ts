import type { Deployment, EnvironmentHold } from "@honua/contracts";
import type { Insertable } from "kysely";
import { transitionAuditRecords } from "../audit/transition-audit-records.ts";
import type { Reader } from "../database/database.ts";
import type { Tables } from "../database/tables.ts";
import type { EnvironmentChange } from "../environments/environment-change.ts";
import { environmentStatus, syncStatusUnderHold } from "../environments/environment-status.ts";
import { applyTransition, type TransitionStep } from "./apply-transition.ts";
import { insertColumns, updateColumns } from "./deployment-row.ts";
import { readLiveDeployment } from "./environment-overview.ts";
import { creationEvent, transitionEvents } from "./transition-events.ts";

/** Stores a new deployment with its first transition and its event. */
export async function storeNewDeployment(
  change: EnvironmentChange,
  deployment: Deployment,
  requestId: string,
): Promise<void> {
  change.write("opened", (query) =>
    query.insertInto("deployments").values(insertColumns(deployment, requestId)),
  );
  change.write("history", (query) =>
    query.insertInto("deployment_transitions").values(lastTransitionRow(deployment)),
  );
  await storeStatus(change, deployment);
  const { event, data } = creationEvent(deployment);
  await change.emit(event, data);
}

/**
 * Advances a deployment by one or more steps. The row, the history, the environment status and the
 * events are written when the change ends.
 *
 * @throws PermanentError if a step is illegal
 */
export async function advanceDeployment(
  change: EnvironmentChange,
  before: Deployment,
  ...steps: readonly [TransitionStep, ...TransitionStep[]]
): Promise<Deployment> {
  let after = before;
  const transitions: Insertable<Tables["deployment_transitions"]>[] = [];
  for (const step of steps) {
    const from = after;
    after = applyTransition(from, step, change.now);
    transitions.push({ ...lastTransitionRow(after), request_id: step.requestId ?? null });
    for (const { event, data } of transitionEvents(from, after)) await change.emit(event, data);
    change.audit(...transitionAuditRecords(from, after));
  }
  change.write("advanced", (query) =>
    query.updateTable("deployments").set(updateColumns(after)).where("id", "=", after.id),
  );
  change.write("history", (query) =>
    query.insertInto("deployment_transitions").values(transitions),
  );
  await storeStatus(change, after);
  return after;
}

/** Stores what a deployment is waiting for. Its state and version do not change. */
export async function storeWaiting(change: EnvironmentChange, waiting: Deployment): Promise<void> {
  await updateDeploymentRow(change.transaction, waiting);
  await storeStatus(change, waiting);
}

async function updateDeploymentRow(reader: Reader, deployment: Deployment): Promise<void> {
  await reader
    .updateTable("deployments")
    .set(updateColumns(deployment))
    .where("id", "=", deployment.id)
    .execute();
}

function lastTransitionRow(deployment: Deployment): Insertable<Tables["deployment_transitions"]> {
  const last = deployment.stateHistory.at(-1);
  if (!last) throw new TypeError(`Deployment ${deployment.id} has no state history.`);
  return {
    deployment_id: deployment.id,
    version: deployment.version,
    from_state: last.from,
    to_state: last.to,
    at: new Date(last.at),
    actor: last.actor,
    message: last.message,
  };
}

async function storeStatus(change: EnvironmentChange, deployment: Deployment): Promise<void> {
  const live =
    deployment.state === "Completed" ? deployment.id : change.environment().live_deployment_id;
  const { health, syncStatus } = environmentStatus(deployment, live !== null);
  const hold = await holdAfter(change, deployment);
  await change.update({
    health,
    sync_status: syncStatusUnderHold(syncStatus, hold),
    live_deployment_id: live,
    hold,
  });
}

/** A failed rollback leaves the held content live, so its hold ends. */
async function holdAfter(
  change: EnvironmentChange,
  { environment, trigger, state }: Deployment,
): Promise<EnvironmentHold | null> {
  const { hold } = change.environment();
  const ended = state === "Failed" || state === "RolledBack";
  if (!hold || trigger !== "rollback" || !ended) return hold;
  const live = await readLiveDeployment(change.transaction, environment);
  return live?.treeHash === hold.treeHash ? null : hold;
}
