import type { Deployment } from "@honua/contracts";
import { shortCommit } from "../commits/short-commit.ts";
import type { EnvironmentChange } from "../environments/environment-change.ts";
import { deploymentId } from "./deployment-id.ts";
import { advanceDeployment, storeNewDeployment } from "./store-deployment.ts";

const STATE_ACTOR = "system:state";

/** The fields of a deployment to open. */
export type NewDeployment = Pick<
  Deployment,
  "environment" | "commit" | "bundle" | "treeHash" | "trigger" | "initiatedBy"
> & {
  requestId: string;
  /** The deployment id, if it is known to be free. */
  id?: string | undefined;
  /** For a rollback: the deployment to restore and its release. */
  restored?: { deploymentId: string; release: string };
};

/**
 * Stores a new deployment in the transaction of the change.
 *
 * @param live the deployment that the environment serves
 */
export async function createDeployment(
  change: EnvironmentChange,
  { id, requestId, restored, ...opening }: NewDeployment,
  live: { release: string | null } | undefined,
): Promise<Deployment> {
  const { environment, commit, bundle, treeHash, trigger, initiatedBy } = opening;
  const at = change.now.toISOString();
  const { window_override: override } = change.environment();
  await change.update({ window_override: null });
  const what = restored
    ? `to roll back to ${restored.deploymentId}`
    : `for commit ${shortCommit(commit.id)}`;
  const deployment: Deployment = {
    id: id ?? (await findFreeId(change, environment, commit.id)),
    environment,
    commit,
    bundle,
    treeHash,
    trigger,
    restores: restored?.deploymentId ?? null,
    initiatedBy,
    state: "Pending",
    reason: null,
    errorMessage: null,
    version: 1,
    release: restored?.release ?? null,
    previousRelease: live?.release ?? null,
    plan: null,
    decisions: [],
    approvalExpiresAt: null,
    waitingFor: null,
    notBefore: null,
    windowOverride:
      override?.commit === commit.id
        ? { by: override.by, reason: override.reason, at: override.at }
        : null,
    startedAt: at,
    completedAt: null,
    updatedAt: at,
    stateHistory: [
      {
        from: null,
        to: "Pending",
        at,
        actor: STATE_ACTOR,
        message: `Opened ${what} by ${initiatedBy}`,
      },
    ],
  };
  await storeNewDeployment(change, deployment, requestId);
  return deployment;
}

/**
 * Fails a waiting deployment as superseded.
 *
 * @param by the successor, as text for the message
 */
export async function supersedeDeployment(
  change: EnvironmentChange,
  deployment: Deployment,
  by: string,
): Promise<void> {
  await advanceDeployment(change, deployment, {
    to: "Failed",
    actor: STATE_ACTOR,
    message: `Superseded by ${by}`,
    facts: { reason: "Superseded" },
  });
  // Write this before its successor: a unique index allows one active deployment per environment.
  await change.flush();
}

async function findFreeId(
  change: EnvironmentChange,
  environment: string,
  commit: string,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const id = deploymentId(environment, change.now, commit, attempt);
    const existing = await change.transaction
      .selectFrom("deployments")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    if (!existing) return id;
  }
}
