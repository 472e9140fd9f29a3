import type {
  Deployment,
  DeploymentState,
  EnvironmentSituation,
  FailureReason,
  transitionDeployment,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";

/** What a step learned, to be kept with the transition. */
export type Facts = NonNullable<z.input<typeof transitionDeployment.request>["facts"]>;

/** What a step decides. The reconcile loop records it; a step never writes to state itself. */
export type Outcome =
  | { kind: "next"; to: DeploymentState; message: string; facts?: Facts }
  | { kind: "wait"; until: Date | undefined; why: string; note?: { notBefore: string | null } }
  | { kind: "fail"; reason: FailureReason; message: string };

export const next = (to: DeploymentState, message: string, facts?: Facts): Outcome =>
  facts ? { kind: "next", to, message, facts } : { kind: "next", to, message };
/** Comes back at a time, or when an event says so. */
export const wait = (until: Date | undefined, why: string): Outcome => ({
  kind: "wait",
  until,
  why,
});
/** The same, held back by something that people want to see: state shows it. */
export const hold = (
  why: string,
  { notBefore, lookAgain }: { notBefore?: Date | undefined; lookAgain?: Date | undefined } = {},
): Outcome => ({
  kind: "wait",
  until: lookAgain ?? notBefore,
  why,
  note: { notBefore: notBefore?.toISOString() ?? null },
});
export const fail = (reason: FailureReason, message: string): Outcome => ({
  kind: "fail",
  reason,
  message,
});

/** What a step sees. Every step may run twice, and starts from these values alone. */
export interface StepContext {
  deployment: Deployment;
  situation: EnvironmentSituation;
  log: Log;
  /** Aborts when the process stops; the step is then run again elsewhere. */
  signal: AbortSignal;
}

export type Step = (context: StepContext) => Promise<Outcome>;
