import {
  approvalProgress,
  type Deployment,
  deployApprovalGiven,
  deployApproved,
  deployRejected,
  type recordDecision as recordDecisionCall,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import { storableText } from "../database/storable-text.ts";
import { readDeployment } from "../deployments/read-deployments.ts";
import { advanceDeployment } from "../deployments/store-deployment.ts";
import { eventBase } from "../deployments/transition-events.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { decisionAuditRecord } from "./decision-audit-record.ts";
import { decisionRefusal } from "./decision-refusal.ts";

type DecisionRequest = z.output<typeof recordDecisionCall.request>;
type RequestedDecision = DecisionRequest["decision"];

/**
 * Records an approval or a rejection. After the last required approval the reconciler continues. A
 * rejection fails the deployment.
 *
 * @throws PermanentError `not-awaiting-approval`, `already-decided`, `plan-changed`, `not-found`,
 *   `not-an-approver`, `excluded-approver`, `reason-required`
 */
export async function recordDecision(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  { deploymentId, decision, identities }: DecisionRequest,
): Promise<Deployment> {
  const deployment = await deps.changeEnvironment({ deploymentId }, async (change) => {
    const current = await readDeployment(change.transaction, deploymentId);
    const refusal = decisionRefusal(current, { ...decision, identities }, change.now);
    if (refusal) throw refusal;
    await storeDecision(change, deploymentId, decision);
    change.audit({ ...decisionAuditRecord(deploymentId, decision), outcome: "done" });
    const decided = {
      ...current,
      decisions: [...current.decisions, { ...decision, at: change.now.toISOString() }],
    };
    return decision.outcome === "approved"
      ? recordApproval(change, decided, decision)
      : recordRejection(change, decided, decision);
  });
  deps.log.info(
    {
      environment: deployment.environment,
      deploymentId,
      subject: decision.subject,
      recordedBy: decision.recordedBy,
    },
    `Deployment ${deploymentId} was ${decision.outcome} by ${decision.subject}`,
  );
  return deployment;
}

async function recordApproval(
  change: EnvironmentChange,
  deployment: Deployment,
  { subject, planDigest }: RequestedDecision,
): Promise<Deployment> {
  const { approvedBy, required, isComplete } = approvalProgress(deployment);
  const facts = { ...eventBase(deployment), planDigest };
  const subjects = [...approvedBy];
  await (isComplete
    ? change.emit(deployApproved, { ...facts, subjects })
    : change.emit(deployApprovalGiven, { ...facts, subject, approvedBy: subjects, required }));
  // Renews `updated_at`, because the state document shows the decision.
  await change.update({});
  return deployment;
}

async function recordRejection(
  change: EnvironmentChange,
  deployment: Deployment,
  { subject, reason }: RequestedDecision,
): Promise<Deployment> {
  await change.emit(deployRejected, {
    ...eventBase(deployment),
    subject,
    ...(reason === undefined ? {} : { reason }),
  });
  return advanceDeployment(change, deployment, {
    to: "Failed",
    actor: `user:${subject}`,
    message: `Rejected by ${subject}${reason ? `: ${reason}` : ""}`,
    facts: { reason: "Rejected" },
  });
}

async function storeDecision(
  change: EnvironmentChange,
  deploymentId: string,
  decision: RequestedDecision,
): Promise<void> {
  await change.transaction
    .insertInto("decisions")
    .values({
      deployment_id: deploymentId,
      outcome: decision.outcome,
      subject: decision.subject,
      recorded_by: decision.recordedBy,
      method: decision.method,
      at: change.now,
      reason: decision.reason === undefined ? null : storableText(decision.reason),
      plan_digest: decision.planDigest,
      teams: decision.teams ? JSON.stringify(decision.teams) : null,
    })
    .execute();
}
