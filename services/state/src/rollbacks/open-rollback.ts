import { type Deployment, environmentRollbackRequested } from "@honua/contracts";
import { type Log, PermanentError } from "@honua/service-kit";
import { shortCommit } from "../commits/short-commit.ts";
import { storableText } from "../database/storable-text.ts";
import {
  createDeployment,
  type NewDeployment,
  supersedeDeployment,
} from "../deployments/create-deployment.ts";
import { isSupersedable } from "../deployments/lifecycle.ts";
import { readActiveDeployment, readDeployment } from "../deployments/read-deployments.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { readNewestCommit, readRollbackTarget } from "./rollback-target.ts";

export interface RollbackRequest {
  environment: string;
  /** The id of a completed deployment; undefined: the last one before the live deployment. */
  to: string | undefined;
  reason: string | undefined;
  /** The operator, such as `user:ana@example.com`. */
  by: string;
  requestId: string;
}

/**
 * Opens a deployment of a release that was verified earlier and is still stored. Neither Git nor the
 * bundle is needed. A waiting deployment is superseded.
 *
 * The newest commit is held afterwards: it is deployed again only by a forced sync. A newer commit ends
 * the hold.
 *
 * @throws PermanentError `not-found`, `illegal-transition`
 */
export async function openRollback(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  request: RollbackRequest,
): Promise<Deployment> {
  const { environment, by } = request;
  const deployment = await deps.changeEnvironment(environment, async (change) => {
    const live = await requireLiveDeployment(change);
    const target = await readRollbackTarget(change.transaction, live, request.to);
    const active = await readActiveDeployment(change.transaction, environment);
    if (active && !isSupersedable(active)) throw busyError(active);
    if (active) await supersedeDeployment(change, active, `a rollback to ${target.id}`);
    const opening: NewDeployment = {
      environment,
      commit: target.commit,
      bundle: target.bundle,
      treeHash: target.treeHash,
      trigger: "rollback",
      initiatedBy: by,
      requestId: request.requestId,
      restored: { deploymentId: target.id, release: target.release },
    };
    const opened = await createDeployment(change, opening, live);
    await holdNewestCommit(change, { target, deploymentId: opened.id }, request);
    await change.emit(environmentRollbackRequested, {
      requestedBy: by,
      deploymentId: opened.id,
      to: target.id,
      release: target.release,
      ...(request.reason === undefined ? {} : { reason: storableText(request.reason) }),
    });
    change.audit({
      actor: by,
      action: "environment.rollback",
      target: opened.id,
      outcome: "done",
      detail: { to: target.id, release: target.release, reason: request.reason },
    });
    return opened;
  });
  deps.log.info(
    { environment, deploymentId: deployment.id, by, reason: request.reason },
    `Rollback of ${environment} to ${deployment.restores} by ${by}`,
  );
  return deployment;
}

async function requireLiveDeployment(change: EnvironmentChange): Promise<Deployment> {
  const { name, live_deployment_id: id } = change.environment();
  if (id) return readDeployment(change.transaction, id);
  throw new PermanentError(
    "illegal-transition",
    `Environment '${name}' has no verified deployment to roll back to.`,
  );
}

/** Holds the newest commit, unless the rollback restores the content of that commit. */
async function holdNewestCommit(
  change: EnvironmentChange,
  { target, deploymentId }: { target: Deployment; deploymentId: string },
  { environment, by, reason }: RollbackRequest,
): Promise<void> {
  const newest = await readNewestCommit(change.transaction, environment);
  if (!newest || newest.treeHash === target.treeHash) return change.update({ hold: null });
  const commit = change.environment().latest_commit ?? newest.commit;
  const why = reason === undefined ? "" : ` (${storableText(reason)})`;
  await change.update({
    hold: {
      commit,
      treeHash: newest.treeHash,
      deploymentId,
      reason:
        `${by} rolled back to ${target.id}${why}; ` +
        `commit ${shortCommit(commit)} is deployed again only by a forced sync`,
      by,
      at: change.now.toISOString(),
    },
  });
}

function busyError(active: Deployment): PermanentError {
  return new PermanentError(
    "illegal-transition",
    `Environment '${active.environment}' is busy: deployment ${active.id} is ${active.state}. Retry when it has ended.`,
    { data: { deploymentId: active.id, state: active.state } },
  );
}
