import type {
  Deployment,
  DeploymentState,
  EnvironmentOverview,
  FailureReason,
  transitionDeployment,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";

/** Facts that are recorded with a transition. */
export type TransitionFacts = NonNullable<z.input<typeof transitionDeployment.request>["facts"]>;

/** The result of a step. Only the reconcile loop records it; a step never writes to state. */
export type StepResult =
  | { kind: "next"; to: DeploymentState; message: string; facts?: TransitionFacts }
  | { kind: "wait"; until: Date | undefined; why: string; note?: { notBefore: string | null } }
  | { kind: "fail"; reason: FailureReason; message: string };

export const next = (to: DeploymentState, message: string, facts?: TransitionFacts): StepResult =>
  facts ? { kind: "next", to, message, facts } : { kind: "next", to, message };
/** Waits until a time or the next event. */
export const wait = (until: Date | undefined, why: string): StepResult => ({
  kind: "wait",
  until,
  why,
});
/** Waits, and shows the reason to operators through state. */
export const waitAndShow = (
  why: string,
  { notBefore, retryAt }: { notBefore?: Date | undefined; retryAt?: Date | undefined } = {},
): StepResult => ({
  kind: "wait",
  until: retryAt ?? notBefore,
  why,
  note: { notBefore: notBefore?.toISOString() ?? null },
});
export const fail = (reason: FailureReason, message: string): StepResult => ({
  kind: "fail",
  reason,
  message,
});

/** The input of a step. A step may run twice, and depends on these values only. */
export interface StepContext {
  deployment: Deployment;
  situation: EnvironmentOverview;
  log: Log;
  /** Aborted when the process stops; another process then runs the step again. */
  signal: AbortSignal;
}

export type Step = (context: StepContext) => Promise<StepResult>;
