import {
  type Deployment,
  type EnvironmentHold,
  ERROR_CODES,
  type openDeployment,
} from "@honua/contracts";
import { type Log, TransientError } from "@honua/service-kit";
import type { z } from "zod";
import type { Database } from "../database/database.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { type Live, readLive, readSituation } from "../environments/read-situation.ts";
import { resolveRefusal } from "../environments/refused-commits.ts";
import { type AdmissionFacts, admit } from "./admission.ts";
import { createDeployment, supersede } from "./create-deployment.ts";
import { shortCommit } from "./deployment-id.ts";
import { readRelatedDeployments } from "./read-deployments.ts";

type OpenRequest = z.output<typeof openDeployment.request>;
type Opened = z.output<typeof openDeployment.response>;

/**
 * Opens a deployment once, superseding one that still waits.
 *
 * @throws TransientError `busy` while another deployment is being applied
 */
export async function open(
  deps: { database: Database; changeEnvironment: ChangeEnvironment; log: Log },
  request: OpenRequest,
): Promise<Opened> {
  const opened = await deps.changeEnvironment(request.environment, async (change) => {
    const live = await readLive(change.transaction, request.environment);
    const admission = admit(await factsFor(change, request, live));
    if (admission.kind === "existing") {
      return { deployment: admission.deployment, created: false };
    }
    if (admission.kind === "busy") throw busy(admission.active, request);
    await resolveRefusal(change);
    const newest = { latest_commit: request.commit.id, branch: request.commit.branch };
    if (admission.kind === "held" || admission.kind === "blocked") {
      await change.update(newest);
      return { deployment: null, created: false };
    }
    if (admission.supersedes) {
      const by = request.trigger === "commit" ? "commit" : `a ${request.trigger} of commit`;
      await supersede(change, admission.supersedes, `${by} ${shortCommit(request.commit.id)}`);
    }
    // Whatever a rollback held back, or could not be handled, has been overtaken.
    await change.update({ ...newest, hold: null, blocked: null });
    if (admission.kind === "already-live") {
      await settle(change);
      return { deployment: admission.deployment ?? null, created: false };
    }
    return { deployment: await createDeployment(change, request, live), created: true };
  });
  if (opened.created) {
    deps.log.info(
      { environment: request.environment, deploymentId: opened.deployment?.id },
      `Opened deployment ${opened.deployment?.id} for commit ${request.commit.id}`,
    );
  }
  const situation = await deps.database.read((reader) =>
    readSituation(reader, request.environment),
  );
  return { ...opened, situation };
}

async function factsFor(
  change: EnvironmentChange,
  { environment, commit, treeHash, trigger, requestId }: OpenRequest,
  live: Live | undefined,
): Promise<AdmissionFacts> {
  const wanted = { requestId, commit: commit.id, treeHash };
  return {
    trigger,
    treeHash,
    ...(await readRelatedDeployments(change.transaction, environment, wanted)),
    blocked: change.environment().blocked?.commit === commit.id,
    held: isHeld(change.environment().hold, { commit: commit.id, treeHash }),
    live: live && { id: live.deploymentId, treeHash: live.treeHash },
  };
}

function isHeld(
  hold: EnvironmentHold | null,
  wanted: Pick<EnvironmentHold, "commit" | "treeHash">,
): boolean {
  return hold !== null && (hold.commit === wanted.commit || hold.treeHash === wanted.treeHash);
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
