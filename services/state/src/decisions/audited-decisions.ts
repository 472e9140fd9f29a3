import type { Deployment, recordDecision, recordDeniedDecision } from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import { type RecordAttempt, recordRefusal, refusalOf } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import { environmentOfDeployment } from "../deployments/read-deployments.ts";
import type { ChangeEnvironment } from "../environments/environment-change.ts";
import { decisionRecord } from "./decision-audit-record.ts";
import { decide } from "./record-decision.ts";

interface Deps {
  database: Database;
  changeEnvironment: ChangeEnvironment;
  recordAttempt: RecordAttempt;
  log: Log;
}

/**
 * Records a decision; one that is refused leaves its trace in the audit trail as well.
 *
 * @throws whatever `decide` raises
 */
export async function decideOnRecord(
  deps: Deps,
  request: z.output<typeof recordDecision.request>,
): Promise<Deployment> {
  try {
    return await decide(deps, request);
  } catch (error) {
    const { outcome, detail } = refusalOf(error);
    const record = decisionRecord(request.deploymentId, request.decision);
    await recordRefusal(deps, {
      ...record,
      environment: await environmentOf(deps, request.deploymentId),
      outcome,
      detail: { ...record.detail, ...detail },
    });
    throw error;
  }
}

/** Records a decision that the approvals service did not let through. */
export async function recordDenial(
  { database, recordAttempt }: Pick<Deps, "database" | "recordAttempt">,
  {
    deploymentId,
    subject,
    recordedBy,
    choice,
    message,
  }: z.output<typeof recordDeniedDecision.request>,
): Promise<void> {
  await recordAttempt({
    environment: await environmentOf({ database }, deploymentId),
    actor: `user:${subject}`,
    recordedBy: recordedBy === subject ? null : recordedBy,
    action: choice === "approved" ? "deployment.approve" : "deployment.reject",
    target: deploymentId,
    outcome: "denied",
    detail: { message },
  });
}

/** Somebody may try to decide on a deployment that does not exist. */
async function environmentOf(
  { database }: Pick<Deps, "database">,
  deploymentId: string,
): Promise<string | null> {
  return database.read((reader) => environmentOfDeployment(reader, deploymentId)).catch(() => null);
}
