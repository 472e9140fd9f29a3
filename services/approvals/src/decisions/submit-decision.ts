import { type Decision, type Deployment, getDeployment, recordDecision } from "@honua/contracts";
import { type Bus, type Log, PermanentError } from "@honua/service-kit";
import type { Decider } from "./decider.ts";

/** A decision about a deployment, before state has accepted it. */
export interface DecisionRequest {
  outcome: Decision["outcome"];
  decider: Decider;
  reason: string | undefined;
  /** Digest of the plan that the decider read; undefined: the current plan. */
  planDigest: string | undefined;
}

/**
 * Submits a decision to state, which alone judges whether it is valid. If state does not respond, no
 * decision was made.
 *
 * @throws PermanentError `not-awaiting-approval`, `already-decided`, `plan-changed`, `not-found`,
 *   `not-an-approver`, `excluded-approver`, `reason-required`
 * @throws TransientError `unavailable`
 */
export async function submitDecision(
  deps: { bus: Bus; log: Log },
  deploymentId: string,
  { outcome, decider, reason, planDigest }: DecisionRequest,
): Promise<Deployment> {
  const { identities, teams, ...named } = decider;
  const decision = {
    outcome,
    ...named,
    ...(teams.length > 0 ? { teams: [...teams] } : {}),
    ...(reason === undefined ? {} : { reason }),
    planDigest: planDigest ?? (await currentPlanDigest(deps.bus, deploymentId)),
  };
  const deployment = await deps.bus.call(recordDecision, {
    deploymentId,
    decision,
    identities: [...identities],
  });
  const { environment } = deployment;
  deps.log.info(
    { environment, deploymentId, ...named, outcome },
    `Deployment ${deploymentId} ${outcome} by ${decider.subject}`,
  );
  return deployment;
}

async function currentPlanDigest(bus: Bus, deploymentId: string): Promise<string> {
  const { plan, state } = await bus.call(getDeployment, { deploymentId });
  if (plan) return plan.planDigest;
  throw new PermanentError(
    "not-awaiting-approval",
    `${deploymentId} is not awaiting approval: it is ${state} and has no plan`,
  );
}
