import { hold, type Outcome, type StepContext } from "./step.ts";

/**
 * What keeps a deployment from being worked on at the moment, or undefined when nothing does. Asked
 * when it is Pending, and again once people approved it.
 */
export type Gate = (context: StepContext) => Outcome | undefined;

/** A paused environment lets nothing new begin, except going back to a release that was verified. */
export const pauseGate: Gate = ({ deployment, situation }) =>
  situation.pause && deployment.trigger !== "rollback"
    ? hold(`environment is paused: ${situation.pause.reason}`)
    : undefined;
