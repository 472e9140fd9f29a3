import {
  type Decision,
  type Deployment,
  ERROR_CODES,
  getDeployment,
  recordDecision,
} from "@honua/contracts";
import { type Bus, type Log, PermanentError } from "@honua/service-kit";
import type { Decider } from "./decider.ts";

/** What somebody decided about a deployment. */
export interface Choice {
  outcome: Decision["outcome"];
  decider: Decider;
  reason: string | undefined;
  /** The plan that was read; undefined: the present one. */
  planDigest: string | undefined;
}

/**
 * Has a decision recorded by state, which alone judges whether it counts. A state that does not
 * answer means that nothing was decided.
 *
 * @throws PermanentError `not-awaiting-approval`, `already-decided`, `plan-changed`, `not-found`,
 *   `not-an-approver`, `excluded-approver`, `reason-required`
 * @throws TransientError `unavailable`
 */
export async function decide(
  deps: { bus: Bus; log: Log },
  deploymentId: string,
  { outcome, decider, reason, planDigest }: Choice,
): Promise<Deployment> {
  const { identities, teams, ...named } = decider;
  const decision = {
    outcome,
    ...named,
    ...(teams.length > 0 ? { teams: [...teams] } : {}),
    ...(reason === undefined ? {} : { reason }),
    planDigest: planDigest ?? (await presentPlan(deps.bus, deploymentId)),
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

async function presentPlan(bus: Bus, deploymentId: string): Promise<string> {
  const { plan, state } = await bus.call(getDeployment, { deploymentId });
  if (plan) return plan.planDigest;
  throw new PermanentError(
    ERROR_CODES.notAwaitingApproval,
    `${deploymentId} is not awaiting approval: it is ${state} and has no plan`,
  );
}
