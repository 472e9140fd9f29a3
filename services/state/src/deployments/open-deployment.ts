import type {
  Deployment,
  EnvironmentHold,
  openDeployment as openDeploymentCall,
} from "@honua/contracts";
import { type Log, TransientError } from "@honua/service-kit";
import type { z } from "zod";
import { resolveRefusal } from "../commits/refused-commits.ts";
import { shortCommit } from "../commits/short-commit.ts";
import type { Database } from "../database/database.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { type AdmissionFacts, admitDeployment } from "./admission.ts";
import { createDeployment, supersedeDeployment } from "./create-deployment.ts";
import { deploymentId } from "./deployment-id.ts";
import {
  environmentOverview,
  type LiveDeployment,
  liveDeploymentFromRow,
  readEnvironmentOverview,
  readOverviewRow,
} from "./environment-overview.ts";
import { type RelatedDeployments, readRelatedDeployments } from "./read-deployments.ts";

type OpenRequest = z.output<typeof openDeploymentCall.request>;
type Opened = z.output<typeof openDeploymentCall.response>;

/**
 * Opens a deployment and supersedes a waiting one. Repeating a request returns the same deployment.
 *
 * @throws TransientError `busy` while another deployment is being applied
 */
export async function openDeployment(
  deps: { database: Database; changeEnvironment: ChangeEnvironment; log: Log },
  request: OpenRequest,
): Promise<Opened> {
  const { environment } = request;
  const opened = await deps.changeEnvironment(environment, (change) =>
    openWithinChange(change, request),
  );
  if (opened.created) {
    deps.log.info(
      { environment, deploymentId: opened.deployment?.id },
      `Opened deployment ${opened.deployment?.id} for commit ${request.commit.id}`,
    );
  }
  const situation =
    opened.situation ??
    (await deps.database.read((reader) => readEnvironmentOverview(reader, environment)));
  return { ...opened, situation };
}

async function openWithinChange(change: EnvironmentChange, request: OpenRequest): Promise<Opened> {
  const { environment: name, commit, trigger } = request;
  const row = await readOverviewRow(change.transaction, name);
  const live = liveDeploymentFromRow(row?.live ?? null);
  const id = deploymentId(name, change.now, commit.id, 1);
  const { sameId, ...facts } = await readAdmissionFacts(change, { ...request, id }, live);
  const admission = admitDeployment(facts);
  if (admission.kind === "existing") {
    return { deployment: admission.deployment, created: false };
  }
  if (admission.kind === "busy") throw busyError(admission.active, request);
  resolveRefusal(change);
  const branchHead = { latest_commit: commit.id, branch: commit.branch };
  if (admission.kind === "held" || admission.kind === "blocked") {
    await change.update(branchHead);
    return { deployment: null, created: false };
  }
  if (admission.supersedes) {
    const by = trigger === "commit" ? "commit" : `a ${trigger} of commit`;
    await supersedeDeployment(change, admission.supersedes, `${by} ${shortCommit(commit.id)}`);
  }
  // The new commit ends a hold by a rollback and a block by a dead letter.
  await change.update({ ...branchHead, hold: null, blocked: null });
  if (admission.kind === "already-live") {
    await markSynced(change);
    return { deployment: admission.deployment ?? null, created: false };
  }
  const newDeployment = { ...request, id: sameId ? undefined : id };
  const deployment = await createDeployment(change, newDeployment, live);
  const { treeHash, state } = deployment;
  const latest = { deploymentId: deployment.id, commit: commit.id, treeHash, state };
  const situation = environmentOverview(change.environment(), {
    name,
    active: deployment,
    row: row && { ...row, latest },
  });
  return { deployment, created: true, situation };
}

async function readAdmissionFacts(
  change: EnvironmentChange,
  { environment, commit, treeHash, trigger, requestId, id }: OpenRequest & { id: string },
  live: LiveDeployment | undefined,
): Promise<AdmissionFacts & Pick<RelatedDeployments, "sameId">> {
  const keys = { requestId, commit: commit.id, treeHash, id };
  return {
    trigger,
    treeHash,
    ...(await readRelatedDeployments(change.transaction, environment, keys)),
    blocked: change.environment().blocked?.commit === commit.id,
    held: isHeld(change.environment().hold, { commit: commit.id, treeHash }),
    live: live && { id: live.deploymentId, treeHash: live.treeHash },
  };
}

function isHeld(
  hold: EnvironmentHold | null,
  { commit, treeHash }: Pick<EnvironmentHold, "commit" | "treeHash">,
): boolean {
  return hold !== null && (hold.commit === commit || hold.treeHash === treeHash);
}

/** Marks the environment as synced: the newest commit has the live content, such as a revert. */
async function markSynced(change: EnvironmentChange): Promise<void> {
  // An environment that is in sync keeps its observed health.
  if (change.environment().sync_status === "Synced") return;
  await change.update({ health: "Healthy", sync_status: "Synced" });
}

function busyError(active: Deployment, { environment, commit }: OpenRequest): TransientError {
  return new TransientError(
    "busy",
    `Environment '${environment}' is busy: deployment ${active.id} is ${active.state}. Commit ${shortCommit(commit.id)} must wait.`,
    { data: { deploymentId: active.id, state: active.state } },
  );
}
