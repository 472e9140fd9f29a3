import { randomUUID } from "node:crypto";
import { type Deployment, transitionDeployment } from "@honua/contracts";
import type { Bus } from "@honua/service-kit";
import type { z } from "zod";
import type { Facts } from "../steps/step.ts";

/** A step that was decided. */
export interface DecidedStep {
  to: Deployment["state"];
  message: string;
  facts?: Facts;
}

/**
 * How far a deployment got. What is decided may be recorded later, together with what is decided next:
 * a deployment that nothing holds up goes through most of its states within milliseconds, and each
 * record of its own costs state a transaction.
 */
export interface Progress {
  /** As it will be once everything that was decided is recorded. */
  deployment(): Deployment;
  decide(step: DecidedStep): void;
  /**
   * Records what was decided so far, all of it or nothing.
   *
   * @throws PermanentError `stale-version` when somebody else moved the deployment on
   */
  record(): Promise<Deployment>;
}

export function createProgress(
  bus: Pick<Bus, "call">,
  opened: Deployment,
  actor: string,
): Progress {
  let deployment = opened;
  let decided: (DecidedStep & { at: number })[] = [];

  return {
    deployment: () => deployment,
    decide(step) {
      decided.push({ ...step, at: performance.now() });
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
    async record() {
      const now = performance.now();
      const [first, ...further] = decided.map(({ at, ...step }) => ({
        ...step,
        actor,
        agoMs: now - at,
      })) satisfies z.input<typeof transitionDeployment.request>["further"];
      if (!first) return deployment;
      const expectedVersion = deployment.version - decided.length;
      decided = [];
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
