import type { transitionDeployment as transitionDeploymentCall } from "@honua/contracts";
import { approvalProgress, type Deployment } from "@honua/contracts";
import { PermanentError } from "@honua/service-kit";
import type { z } from "zod";
import { storableText } from "../database/storable-text.ts";
import { ENDED_STATES, isLegalEdge, LEGAL_EDGES } from "./lifecycle.ts";

type TransitionRequest = z.output<typeof transitionDeploymentCall.request>;

/** One step of a deployment: the next state, the actor, a message and new facts. */
export type TransitionStep = Pick<TransitionRequest, "to" | "actor" | "message"> &
  Partial<Pick<TransitionRequest, "facts" | "agoMs" | "requestId">>;

/**
 * Computes the deployment after one step. This function is pure.
 *
 * @throws PermanentError `illegal-transition`, `invalid-request` or `not-approved`
 */
export function applyTransition(before: Deployment, step: TransitionStep, now: Date): Deployment {
  const { to, facts = {} } = step;
  if (!isLegalEdge(before.state, to)) throw illegalTransition(before, to);
  const at = stepTime(before, step, now);
  const message = storableText(step.message);
  const failed = to === "Failed";
  const after: Deployment = {
    ...before,
    state: to,
    version: before.version + 1,
    release: facts.release ?? before.release,
    plan: facts.plan ?? before.plan,
    reason: facts.reason ?? before.reason ?? (failed ? "Internal" : null),
    errorMessage: facts.errorMessage
      ? storableText(facts.errorMessage)
      : (before.errorMessage ?? (failed ? message : null)),
    approvalExpiresAt: facts.approvalExpiresAt ?? before.approvalExpiresAt,
    waitingFor: facts.waitingFor ? storableText(facts.waitingFor) : null,
    notBefore: facts.notBefore ?? null,
    completedAt: ENDED_STATES.includes(to) ? at : null,
    updatedAt: at,
    stateHistory: [
      ...before.stateHistory,
      { from: before.state, to, at, actor: step.actor, message },
    ],
  };
  requireFacts(after);
  requireApproval(before, after);
  return after;
}

/**
 * The time of a step. A step may be recorded `agoMs` after it happened, but its time is never before
 * that of the previous step.
 */
function stepTime({ stateHistory }: Deployment, { agoMs = 0 }: TransitionStep, now: Date): string {
  const last = stateHistory.at(-1)?.at;
  const earliest = last === undefined ? 0 : Date.parse(last);
  // If the clock was set back, the step must not be in the future.
  const decided = Math.max(now.getTime() - agoMs, Math.min(earliest, now.getTime()));
  return new Date(decided).toISOString();
}

function illegalTransition(before: Deployment, to: Deployment["state"]): PermanentError {
  const allowed = LEGAL_EDGES[before.state];
  const possible =
    allowed.length > 0 ? `Allowed next states: ${allowed.join(", ")}.` : "This state is final.";
  return new PermanentError(
    "illegal-transition",
    `Deployment ${before.id} is ${before.state} and cannot become ${to}. ${possible}`,
    { data: { state: before.state, version: before.version } },
  );
}

function requireFacts(after: Deployment): void {
  const missing: string[] = [];
  if (after.state === "AwaitingApproval") {
    if (!after.plan) missing.push("plan");
    if (!after.approvalExpiresAt) missing.push("approvalExpiresAt");
  }
  if (["Applying", "PostValidating", "Completed"].includes(after.state) && !after.release) {
    missing.push("release");
  }
  if (missing.length === 0) return;
  throw new PermanentError(
    "invalid-request",
    `Deployment ${after.id} cannot become ${after.state} without ${missing.join(" and ")}.`,
  );
}

/** Refuses to apply a deployment that lacks a required approval of its current plan. */
function requireApproval(before: Deployment, after: Deployment): void {
  if (after.state !== "Applying") return;
  const needed = before.state === "AwaitingApproval" || after.plan?.decision.requiresApproval;
  if (!needed) return;
  const { approvedBy, required, isComplete } = approvalProgress(after);
  if (isComplete) return;
  throw new PermanentError(
    "not-approved",
    `Deployment ${after.id} has ${approvedBy.length} of ${required} approvals of its plan ${after.plan?.planDigest ?? ""}.`,
  );
}
