import type {
  Deployment,
  recordDecision as recordDecisionCall,
  recordDeniedDecision as recordDeniedDecisionCall,
} from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import { type RecordAttempt, recordRefusal, refusalDetails } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import { readEnvironmentOfDeployment } from "../deployments/read-deployments.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { decisionAuditRecord } from "./decision-audit-record.ts";
import { recordDecision } from "./record-decision.ts";

interface Deps {
  database: Database;
  changeEnvironment: ChangeEnvironment;
  recordAttempt: RecordAttempt;
  log: Log;
}

/**
 * Records a decision. A refused decision is audited too.
 *
 * @throws the errors of `recordDecision`
 */
export async function recordAuditedDecision(
  deps: Deps,
  request: z.output<typeof recordDecisionCall.request>,
): Promise<Deployment> {
  try {
    return await recordDecision(deps, request);
  } catch (error) {
    const { outcome, detail } = refusalDetails(error);
    const record = decisionAuditRecord(request.deploymentId, request.decision);
    await recordRefusal(deps, {
      ...record,
      environment: await findEnvironment(deps, request.deploymentId),
      outcome,
      detail: { ...record.detail, ...detail },
    });
    throw error;
  }
}

/** Audits a decision that the approvals service denied. */
export async function recordDeniedDecision(
  { database, recordAttempt }: Pick<Deps, "database" | "recordAttempt">,
  {
    deploymentId,
    subject,
    recordedBy,
    choice,
    message,
  }: z.output<typeof recordDeniedDecisionCall.request>,
): Promise<void> {
  await recordAttempt({
    environment: await findEnvironment({ database }, deploymentId),
    actor: `user:${subject}`,
    recordedBy: recordedBy === subject ? null : recordedBy,
    action: choice === "approved" ? "deployment.approve" : "deployment.reject",
    target: deploymentId,
    outcome: "denied",
    detail: { message },
  });
}

/** The environment of a deployment; null if the deployment does not exist. */
async function findEnvironment(
  { database }: Pick<Deps, "database">,
  deploymentId: string,
): Promise<string | null> {
  return database
    .read((reader) => readEnvironmentOfDeployment(reader, deploymentId))
    .catch(() => null);
}
