import type {
  Deployment,
  transitionDeployment as transitionDeploymentCall,
} from "@honua/contracts";
import { type Log, PermanentError } from "@honua/service-kit";
import type { z } from "zod";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { requireStoredRelease, upsertRelease } from "../releases/stored-releases.ts";
import { isActive } from "./lifecycle.ts";
import { storePlanDocument } from "./plan-document.ts";
import { readActiveDeployment, readDeployment } from "./read-deployments.ts";
import { advanceDeployment } from "./store-deployment.ts";

type TransitionRequest = z.output<typeof transitionDeploymentCall.request>;

/** Documents from the object store that a transition refers to. They are stored with it. */
export interface TransitionDocuments {
  /** The complete plan, if the request contains only a part of it. */
  plan: string | undefined;
  /** The compiled release; undefined if it is not in the object store. */
  release: string | undefined;
}

/**
 * Applies one or more transitions to a deployment. Repeating a request, for example after a lost reply,
 * returns the current deployment. A different request for the same version is stale.
 *
 * @throws PermanentError `stale-version`, `illegal-transition`, `not-approved`, `not-found`
 */
export async function transitionDeployment(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  request: TransitionRequest,
  documents: TransitionDocuments = { plan: undefined, release: undefined },
): Promise<Deployment> {
  const { deploymentId } = request;
  const { from, after } = await deps.changeEnvironment({ deploymentId }, async (change) => {
    const current = await readDeployment(change.transaction, deploymentId);
    if (await isReplay(change, current, request)) return { from: undefined, after: current };
    requireVersion(current, request.expectedVersion);
    await requireNoOtherActive(change, current, request);
    const advanced = await advanceDeployment(change, current, request, ...request.further);
    if (advanced.release !== null && advanced.release !== current.release) {
      await storeReleaseDocument(change, advanced.release, documents.release);
    }
    if (documents.plan !== undefined) {
      await storePlanDocument(change.transaction, deploymentId, documents.plan);
    }
    return { from: current.state, after: advanced };
  });
  const { environment } = after;
  if (from !== undefined) {
    let state = from;
    for (const { to, message } of [request, ...request.further]) {
      deps.log.info(
        { environment, deploymentId },
        `Deployment ${deploymentId}: ${state} -> ${to}: ${message}`,
      );
      state = to;
    }
  }
  return after;
}

/** Stores the release that the deployment is about to refer to. */
async function storeReleaseDocument(
  change: EnvironmentChange,
  digest: string,
  document: string | undefined,
) {
  if (document === undefined) return requireStoredRelease(change.transaction, digest);
  const environment = change.environment().name;
  change.write("release", upsertRelease({ digest, environment, document, stored_at: change.now }));
}

/** Whether `current` is the result of the same request. */
async function isReplay(
  { transaction }: EnvironmentChange,
  current: Deployment,
  { requestId, expectedVersion, further }: TransitionRequest,
): Promise<boolean> {
  const isOutcome = current.version === expectedVersion + 1 + further.length;
  if (requestId === undefined || !isOutcome) return false;
  const made = await transaction
    .selectFrom("deployment_transitions")
    .select("version")
    .where("deployment_id", "=", current.id)
    .where("request_id", "=", requestId)
    .executeTakeFirst();
  return made !== undefined;
}

/** A failed deployment may become active again only if no other deployment is active. */
async function requireNoOtherActive(
  change: EnvironmentChange,
  current: Deployment,
  { to }: TransitionRequest,
): Promise<void> {
  if (isActive(current.state) || !isActive(to)) return;
  const other = await readActiveDeployment(change.transaction, current.environment);
  if (!other) return;
  throw new PermanentError(
    "illegal-transition",
    `Deployment ${current.id} cannot become ${to} because ${other.id} is ${other.state}.`,
    { data: { state: current.state, version: current.version } },
  );
}

/** @throws PermanentError `stale-version` if the deployment has another version than expected */
export function requireVersion({ id, state, version }: Deployment, expected: number): void {
  if (version === expected) return;
  throw new PermanentError(
    "stale-version",
    `Deployment ${id} is at version ${version} (${state}), not ${expected}. Read it again.`,
    { data: { version, state } },
  );
}
