import type { Deployment, DeploymentPolicy, Plan } from "@honua/contracts";
import {
  describeApprovals,
  formatPlan,
  limitPlanSize,
  planRelease,
  stricterPolicy,
} from "@honua/release";
import { type Bus, type Clock, PermanentError } from "@honua/service-kit";
import type { ReleaseStore } from "../releases/release-store.ts";
import type { StartCondition } from "./start-conditions.ts";
import { fail, next, type Step } from "./step.ts";

/** A rollback needs no approval: its release was judged when it was first deployed. */
const ROLLBACK_DECISION: Plan["decision"] = {
  requiresApproval: false,
  rule: "an operator rolls back to a verified release",
  allowed: true,
};

/** Planning: compares with the live release, rates the risk and evaluates the policy. */
export function createPlan(deps: {
  bus: Pick<Bus, "objects">;
  releases: ReleaseStore;
  clock: Clock;
  floor: (environment: string) => DeploymentPolicy;
  checkWindow: StartCondition;
}): Step {
  return async (context) => {
    const { deployment, situation, log } = context;
    const { environment } = deployment;
    const digest = releaseOf(deployment);
    const live = situation.live && {
      commit: situation.live.commit,
      release: await deps.releases.read(situation.live.release),
      digest: situation.live.release,
    };
    const floor = deps.floor(environment);
    const policy = stricterPolicy(floor, live?.release.policy);
    const judged = planRelease({
      environment,
      live,
      candidate: {
        commit: deployment.commit.id,
        release: await deps.releases.read(digest),
        digest,
      },
      commit: deployment.commit,
      policyFloor: floor,
      estimatedDurationSeconds:
        situation.medianDurationMs === null ? null : Math.ceil(situation.medianDurationMs / 1_000),
    });
    const plan = await fitIntoMessage(
      deployment.trigger === "rollback" ? { ...judged, decision: ROLLBACK_DECISION } : judged,
    );
    log.info(formatPlan(plan));

    if (!plan.decision.allowed) {
      return fail("Rejected", `Policy refuses this change: ${plan.decision.rule}`);
    }
    if (!plan.decision.requiresApproval) {
      // The window may have closed since the deployment was admitted.
      return (
        (await deps.checkWindow(context)) ??
        next("Applying", `No approval needed: ${plan.decision.rule}`, { plan })
      );
    }
    const expires = new Date(deps.clock.now().getTime() + policy.approvalTimeoutSeconds * 1_000);
    return next("AwaitingApproval", approvalNeeded(plan), {
      plan,
      approvalExpiresAt: expires.toISOString(),
    });
  };

  /** The plan for state. A plan that exceeds the message size is stored whole in the object store. */
  async function fitIntoMessage(whole: Plan): Promise<Plan> {
    const { plan, document } = limitPlanSize(whole);
    if (document !== undefined) await (await deps.bus.objects("plans")).put(document);
    return plan;
  }
}

function approvalNeeded({ decision }: Plan): string {
  const from = decision.approvals ? ` from ${describeApprovals(decision.approvals)}` : "";
  return `Approval needed${from}: ${decision.rule}`;
}

/** The compiled release of a deployment that has passed Validating. */
export function releaseOf(deployment: Deployment): string {
  if (deployment.release) return deployment.release;
  throw new PermanentError("no-release", `Deployment ${deployment.id} has no compiled release.`);
}
