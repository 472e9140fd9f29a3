import type { Deployment, DeploymentState } from "@honua/contracts";

/** The legal state transitions. A state without any is final. */
export const LEGAL_EDGES: Readonly<Record<DeploymentState, readonly DeploymentState[]>> = {
  Pending: ["Validating", "Failed"],
  Validating: ["Planning", "Failed"],
  Planning: ["AwaitingApproval", "Applying", "Failed"],
  AwaitingApproval: ["Applying", "Failed"],
  Applying: ["PostValidating", "Failed"],
  PostValidating: ["Completed", "Failed"],
  Completed: [],
  Failed: ["RollingBack"],
  RollingBack: ["RolledBack", "Failed"],
  RolledBack: [],
};

/** States of a deployment that is in progress or waiting. An environment has at most one such. */
export const ACTIVE_STATES = [
  "Pending",
  "Validating",
  "Planning",
  "AwaitingApproval",
  "Applying",
  "PostValidating",
  "RollingBack",
] as const satisfies DeploymentState[];

/** Whether a newer commit may supersede the deployment: it is waiting, and nothing was applied yet. */
export function isSupersedable({
  state,
  waitingFor,
}: Pick<Deployment, "state" | "waitingFor">): boolean {
  if (state === "Planning") return waitingFor !== null;
  return state === "Pending" || state === "AwaitingApproval";
}

/** States that set `completedAt`. */
export const ENDED_STATES: readonly DeploymentState[] = ["Completed", "Failed", "RolledBack"];

/** Whether a deployment may change from one state to the other. */
export function isLegalEdge(from: DeploymentState, to: DeploymentState): boolean {
  return LEGAL_EDGES[from].includes(to);
}

export function isActive(state: DeploymentState): boolean {
  return (ACTIVE_STATES as readonly DeploymentState[]).includes(state);
}
