import type { Deployment, reportWaiting as reportWaitingCall } from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import { storableText } from "../database/storable-text.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { readDeployment } from "./read-deployments.ts";
import { storeWaiting } from "./store-deployment.ts";
import { requireVersion } from "./transition-deployment.ts";

/**
 * Records what a deployment is waiting for. Repeating the same request has no further effect.
 *
 * @throws PermanentError `stale-version`, `not-found`
 */
export async function recordWaiting(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  request: z.output<typeof reportWaitingCall.request>,
): Promise<Deployment> {
  const { deploymentId } = request;
  const waitingFor = storableText(request.waitingFor);
  const notBefore = request.notBefore && new Date(request.notBefore).toISOString();
  return deps.changeEnvironment({ deploymentId }, async (change) => {
    const current = await readDeployment(change.transaction, deploymentId);
    requireVersion(current, request.expectedVersion);
    if (current.waitingFor === waitingFor && current.notBefore === notBefore) return current;
    const updatedAt = change.now.toISOString();
    const waiting = { ...current, waitingFor, notBefore, updatedAt };
    await storeWaiting(change, waiting);
    const until = notBefore ? `, not before ${notBefore}` : "";
    deps.log.info(
      { environment: waiting.environment, deploymentId },
      `Deployment ${deploymentId} is waiting: ${waitingFor}${until}`,
    );
    return waiting;
  });
}
