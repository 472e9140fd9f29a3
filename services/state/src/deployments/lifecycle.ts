import type { Deployment, DeploymentState } from "@honua/contracts";

/** The legal edges; a state without any is final. State refuses every other one. */
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

/** States in which somebody works on a deployment, or will. One per environment at most. */
export const ACTIVE_STATES = [
  "Pending",
  "Validating",
  "Planning",
  "AwaitingApproval",
  "Applying",
  "PostValidating",
  "RollingBack",
] as const satisfies DeploymentState[];

/** Whether a newer commit may end it: nobody works on it, and nothing has been touched yet. */
export function isSupersedable({
  state,
  waitingFor,
}: Pick<Deployment, "state" | "waitingFor">): boolean {
  if (state === "Planning") return waitingFor !== null;
  return state === "Pending" || state === "AwaitingApproval";
}

/** States that give a deployment a time of completion. */
export const ENDED_STATES: readonly DeploymentState[] = ["Completed", "Failed", "RolledBack"];

/** Whether a deployment may go from one state to the other. */
export function isLegalEdge(from: DeploymentState, to: DeploymentState): boolean {
  return LEGAL_EDGES[from].includes(to);
}

export function isActive(state: DeploymentState): boolean {
  return (ACTIVE_STATES as readonly DeploymentState[]).includes(state);
}
