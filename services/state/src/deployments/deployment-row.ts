import type { Decision, Deployment } from "@honua/contracts";
import type { Insertable, Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";
import { workingTimeMs } from "./working-time.ts";

/** A row that PostgreSQL aggregated into JSON: its timestamps are text. */
type JsonRow<Row> = { [Key in keyof Row]: Row[Key] extends Date ? string : Row[Key] };
type TransitionColumns = Omit<
  Selectable<Tables["deployment_transitions"]>,
  "deployment_id" | "request_id"
>;
type DecisionColumns = Omit<Selectable<Tables["decisions"]>, "deployment_id" | "sequence">;

/** A deployment row with its transitions and decisions. */
export type DeploymentRow = Selectable<Tables["deployments"]> & {
  transitions: JsonRow<TransitionColumns>[];
  decisions: JsonRow<DecisionColumns>[];
};

/** Converts a row to the deployment document. */
export function deploymentFromRow(row: DeploymentRow): Deployment {
  return {
    id: row.id,
    environment: row.environment,
    commit: row.commit_info,
    bundle: row.bundle,
    treeHash: row.tree_hash,
    trigger: row.trigger,
    restores: row.restores,
    initiatedBy: row.initiated_by,
    state: row.state,
    reason: row.reason,
    errorMessage: row.error_message,
    version: row.version,
    release: row.release,
    previousRelease: row.previous_release,
    plan: row.plan,
    decisions: row.decisions.map(decisionFromRow),
    approvalExpiresAt: row.approval_expires_at?.toISOString() ?? null,
    waitingFor: row.waiting_for,
    notBefore: row.not_before?.toISOString() ?? null,
    windowOverride: row.window_override,
    startedAt: row.started_at.toISOString(),
    completedAt: row.completed_at?.toISOString() ?? null,
    updatedAt: row.updated_at.toISOString(),
    stateHistory: historyFromRows(row.transitions),
  };
}

/** Converts transition rows to the state history of the deployment document. */
export function historyFromRows(rows: JsonRow<TransitionColumns>[]): Deployment["stateHistory"] {
  return rows.map(({ from_state, to_state, at, actor, message }) => ({
    from: from_state,
    to: to_state,
    at: new Date(at).toISOString(),
    actor,
    message,
  }));
}

function decisionFromRow(row: JsonRow<DecisionColumns>): Decision {
  return {
    outcome: row.outcome,
    subject: row.subject,
    recordedBy: row.recorded_by,
    method: row.method,
    at: new Date(row.at).toISOString(),
    ...(row.teams === null ? {} : { teams: row.teams }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    planDigest: row.plan_digest,
  };
}

/** The columns that a transition updates. */
export function updateColumns(deployment: Deployment) {
  return {
    state: deployment.state,
    reason: deployment.reason,
    error_message: deployment.errorMessage,
    version: deployment.version,
    release: deployment.release,
    plan: deployment.plan === null ? null : JSON.stringify(deployment.plan),
    approval_expires_at: toDate(deployment.approvalExpiresAt),
    waiting_for: deployment.waitingFor,
    not_before: toDate(deployment.notBefore),
    completed_at: toDate(deployment.completedAt),
    working_ms: deployment.state === "Completed" ? workingTimeMs(deployment.stateHistory) : null,
    updated_at: new Date(deployment.updatedAt),
  } satisfies Partial<Insertable<Tables["deployments"]>>;
}

/** All columns of a new deployment. */
export function insertColumns(
  deployment: Deployment,
  requestId: string,
): Insertable<Tables["deployments"]> {
  return {
    ...updateColumns(deployment),
    id: deployment.id,
    environment: deployment.environment,
    request_id: requestId,
    commit_id: deployment.commit.id,
    commit_info: JSON.stringify(deployment.commit),
    bundle: JSON.stringify(deployment.bundle),
    tree_hash: deployment.treeHash,
    trigger: deployment.trigger,
    restores: deployment.restores,
    initiated_by: deployment.initiatedBy,
    previous_release: deployment.previousRelease,
    window_override: deployment.windowOverride && JSON.stringify(deployment.windowOverride),
    started_at: new Date(deployment.startedAt),
  };
}

function toDate(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}
