import { type Deployment, ERROR_CODES, type openDeployment } from "@honua/contracts";
import { type Log, TransientError } from "@honua/service-kit";
import type { z } from "zod";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { readLive } from "../environments/read-situation.ts";
import { type AdmissionFacts, admit } from "./admission.ts";
import { deploymentId, shortCommit } from "./deployment-id.ts";
import {
  readActiveDeployment,
  readDeploymentOfCommit,
  readDeploymentOfRequest,
} from "./read-deployments.ts";
import { advanceDeployment, storeNewDeployment } from "./store-deployment.ts";

type OpenRequest = z.output<typeof openDeployment.request>;
type Opened = z.output<typeof openDeployment.response>;

const STATE = "system:state";

/**
 * Opens a deployment once, superseding one that still waits.
 *
 * @throws TransientError `busy` while another deployment is being applied
 */
export async function open(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  request: OpenRequest,
): Promise<Opened> {
  const opened = await deps.changeEnvironment(request.environment, async (change) => {
    const admission = admit(await factsFor(change, request));
    if (admission.kind === "existing") {
      return { deployment: admission.deployment, created: false };
    }
    if (admission.kind === "busy") throw busy(admission.active, request);
    if (admission.supersedes) await supersede(change, admission.supersedes, request);
    await change.update({ latest_commit: request.commit.id, branch: request.commit.branch });
    if (admission.kind === "already-live") {
      await settle(change);
      return { deployment: admission.deployment ?? null, created: false };
    }
    return { deployment: await create(change, request), created: true };
  });
  if (opened.created) {
    deps.log.info(
      { environment: request.environment, deploymentId: opened.deployment?.id },
      `Opened deployment ${opened.deployment?.id} for commit ${request.commit.id}`,
    );
  }
  return opened;
}

async function factsFor(change: EnvironmentChange, request: OpenRequest): Promise<AdmissionFacts> {
  const { transaction } = change;
  const { environment, commit, treeHash, trigger } = request;
  const live = await readLive(transaction, environment);
  return {
    trigger,
    treeHash,
    sameRequest: await readDeploymentOfRequest(transaction, environment, request.requestId),
    sameCommit: await readDeploymentOfCommit(transaction, environment, commit.id, treeHash),
    active: await readActiveDeployment(transaction, environment),
    live: live && { id: live.deploymentId, treeHash: live.treeHash },
  };
}

async function create(change: EnvironmentChange, request: OpenRequest): Promise<Deployment> {
  const { transaction, now } = change;
  const { environment, commit, bundle, treeHash, trigger, initiatedBy } = request;
  const at = now.toISOString();
  const live = await readLive(transaction, environment);
  const deployment: Deployment = {
    id: await freeId(change, request),
    environment,
    commit,
    bundle,
    treeHash,
    trigger,
    initiatedBy,
    state: "Pending",
    reason: null,
    errorMessage: null,
    version: 1,
    release: null,
    previousRelease: live?.release ?? null,
    plan: null,
    decisions: [],
    approvalExpiresAt: null,
    waitingFor: null,
    notBefore: null,
    startedAt: at,
    completedAt: null,
    updatedAt: at,
    stateHistory: [
      {
        from: null,
        to: "Pending",
        at,
        actor: STATE,
        message: `Opened for commit ${shortCommit(commit.id)} by ${initiatedBy}`,
      },
    ],
  };
  await storeNewDeployment(change, deployment, request.requestId);
  return deployment;
}

async function freeId(change: EnvironmentChange, request: OpenRequest): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const id = deploymentId(request.environment, change.now, request.commit.id, attempt);
    const taken = await change.transaction
      .selectFrom("deployments")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    if (!taken) return id;
  }
}

async function supersede(
  change: EnvironmentChange,
  deployment: Deployment,
  { commit, trigger }: OpenRequest,
): Promise<void> {
  const by = trigger === "commit" ? "commit" : `a ${trigger} of commit`;
  await advanceDeployment(change, deployment, {
    to: "Failed",
    actor: STATE,
    message: `Superseded by ${by} ${shortCommit(commit.id)}`,
    facts: { reason: "Superseded" },
  });
}

/** The newest commit has the content that is live: a revert, or nothing new. */
async function settle(change: EnvironmentChange): Promise<void> {
  // One that is in sync keeps the health that was observed.
  if (change.environment().sync_status === "Synced") return;
  await change.update({ health: "Healthy", sync_status: "Synced" });
}

function busy(active: Deployment, { environment, commit }: OpenRequest): TransientError {
  return new TransientError(
    ERROR_CODES.busy,
    `${environment} is busy: ${active.id} is ${active.state}; commit ${shortCommit(commit.id)} waits for it`,
    { data: { deploymentId: active.id, state: active.state } },
  );
}
