import { startingTime } from "@honua/release";
import type { Clock } from "@honua/service-kit";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { fail, hold, type Outcome, type StepContext } from "./step.ts";

/** What keeps a deployment from going on at the moment, or undefined when nothing does. */
export type Gate = (context: StepContext) => Promise<Outcome | undefined>;

/** A paused environment lets nothing new begin, except going back to a release that was verified. */
export const pauseGate: Gate = async ({ deployment, situation }) =>
  situation.pause && deployment.trigger !== "rollback"
    ? hold(`environment is paused: ${situation.pause.reason}`)
    : undefined;

/** Windows, blackouts and cooldown of the policy; neither a rollback nor an override waits for them. */
export function createWindowGate(deps: { clock: Clock; policy: EffectivePolicy }): Gate {
  return async ({ deployment, situation }) => {
    if (deployment.trigger === "rollback" || deployment.windowOverride) return undefined;
    const policy = await deps.policy(deployment.environment, situation.live);
    const start = startingTime(policy, {
      now: deps.clock.now(),
      openedAt: new Date(deployment.startedAt),
      lastChangeAt: situation.lastChangeAt ? new Date(situation.lastChangeAt) : undefined,
    });
    if (start.kind === "now") return undefined;
    return start.kind === "later"
      ? hold(start.why, start)
      : fail("Rejected", `Policy: ${start.why}`);
  };
}
