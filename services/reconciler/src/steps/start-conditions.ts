import { deploymentStart } from "@honua/release";
import type { Clock } from "@honua/service-kit";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { fail, type StepContext, type StepResult, waitAndShow } from "./step.ts";

/** Returns a wait or a failure if a deployment must not continue now, else undefined. */
export type StartCondition = (context: StepContext) => Promise<StepResult | undefined>;

/** A paused environment starts no deployment except a rollback to a verified release. */
export const checkPause: StartCondition = async ({ deployment, situation }) =>
  situation.pause && deployment.trigger !== "rollback"
    ? waitAndShow(`environment is paused: ${situation.pause.reason}`)
    : undefined;

/** Checks windows, blackouts and cooldown of the policy. Rollbacks and overrides are exempt. */
export function createWindowCheck(deps: { clock: Clock; policy: EffectivePolicy }): StartCondition {
  return async ({ deployment, situation }) => {
    if (deployment.trigger === "rollback" || deployment.windowOverride) return undefined;
    const policy = await deps.policy(deployment.environment, situation.live);
    const start = deploymentStart(policy, {
      now: deps.clock.now(),
      openedAt: new Date(deployment.startedAt),
      lastChangeAt: situation.lastChangeAt ? new Date(situation.lastChangeAt) : undefined,
    });
    if (start.kind === "now") return undefined;
    return start.kind === "later"
      ? waitAndShow(start.why, start)
      : fail("Rejected", `Policy: ${start.why}`);
  };
}
