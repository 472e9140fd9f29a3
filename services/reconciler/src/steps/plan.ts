import type { Deployment, DeploymentPolicy, Plan } from "@honua/contracts";
import {
  boundedPlan,
  describeApprovals,
  formatPlan,
  planRelease,
  stricterPolicy,
} from "@honua/release";
import { type Bus, type Clock, PermanentError } from "@honua/service-kit";
import type { Releases } from "../releases/release-store.ts";
import type { Gate } from "./start-conditions.ts";
import { fail, next, type Step } from "./step.ts";

/** An emergency waits for nobody; what is gone back to was judged when it was first deployed. */
const GOING_BACK: Plan["decision"] = {
  requiresApproval: false,
  rule: "an operator goes back to a release that was verified before",
  allowed: true,
};

/** Planning: the difference to what is live, its risk, and what policy says of it. */
export function createPlan(deps: {
  bus: Pick<Bus, "objects">;
  releases: Releases;
  clock: Clock;
  floor: (environment: string) => DeploymentPolicy;
  windowGate: Gate;
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
    const plan = await inAMessage(
      deployment.trigger === "rollback" ? { ...judged, decision: GOING_BACK } : judged,
    );
    log.info(formatPlan(plan));

    if (!plan.decision.allowed) {
      return fail("Rejected", `Policy refuses this change: ${plan.decision.rule}`);
    }
    if (!plan.decision.requiresApproval) {
      // The window was open when it was admitted, unless somebody took hours over the way here.
      return (
        (await deps.windowGate(context)) ??
        next("Applying", `No approval needed: ${plan.decision.rule}`, { plan })
      );
    }
    const expires = new Date(deps.clock.now().getTime() + policy.approvalTimeoutSeconds * 1_000);
    return next("AwaitingApproval", approvalNeeded(plan), {
      plan,
      approvalExpiresAt: expires.toISOString(),
    });
  };

  /** What goes to state; the whole of a plan that is too large for a message lies in its store. */
  async function inAMessage(whole: Plan): Promise<Plan> {
    const { plan, document } = boundedPlan(whole);
    if (document !== undefined) await (await deps.bus.objects("plans")).put(document);
    return plan;
  }
}

function approvalNeeded({ decision }: Plan): string {
  const from = decision.approvals ? ` from ${describeApprovals(decision.approvals)}` : "";
  return `Approval needed${from}: ${decision.rule}`;
}

/** The compiled release of a deployment that got past Validating. */
export function releaseOf(deployment: Deployment): string {
  if (deployment.release) return deployment.release;
  throw new PermanentError("no-release", `deployment ${deployment.id} has no compiled release`);
}
