import { randomUUID } from "node:crypto";
import { type Deployment, transitionDeployment } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import type { z } from "zod";
import type { TransitionFacts } from "../steps/step.ts";

/** A transition that has not been recorded in state yet. */
export interface PendingTransition {
  to: Deployment["state"];
  message: string;
  facts?: TransitionFacts;
}

/**
 * Collects the transitions of a deployment and records several of them in one call. A deployment that
 * does not wait passes most of its states within milliseconds, and each call costs state a transaction.
 */
export interface DeploymentProgress {
  /** The deployment as it will be after all pending transitions are recorded. */
  deployment(): Deployment;
  addTransition(step: PendingTransition): void;
  /**
   * Records all pending transitions atomically.
   *
   * @throws PermanentError `stale-version` if another process changed the deployment
   */
  recordTransitions(): Promise<Deployment>;
}

export function createDeploymentProgress(
  bus: Pick<Bus, "call">,
  opened: Deployment,
  actor: string,
): DeploymentProgress {
  let deployment = opened;
  let pending: (PendingTransition & { at: number })[] = [];

  return {
    deployment: () => deployment,
    addTransition(step) {
      pending.push({ ...step, at: performance.now() });
      const { to, facts } = step;
      deployment = {
        ...deployment,
        state: to,
        version: deployment.version + 1,
        release: facts?.release ?? deployment.release,
        plan: facts?.plan ?? deployment.plan,
        approvalExpiresAt: facts?.approvalExpiresAt ?? deployment.approvalExpiresAt,
        waitingFor: null,
        notBefore: null,
      };
    },
    async recordTransitions() {
      const now = performance.now();
      const [first, ...further] = pending.map(({ at, ...step }) => ({
        ...step,
        actor,
        agoMs: now - at,
      })) satisfies z.input<typeof transitionDeployment.request>["further"];
      if (!first) return deployment;
      const expectedVersion = deployment.version - pending.length;
      pending = [];
      deployment = await bus.call(transitionDeployment, {
        deploymentId: deployment.id,
        expectedVersion,
        requestId: randomUUID(),
        ...first,
        further,
      });
      return deployment;
    },
  };
}
