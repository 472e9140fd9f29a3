import type { DeploymentState, DeploymentSummary } from "@honua/contracts";
import type { Reader } from "../database/database.ts";
import { environmentStatus } from "../environments/environment-status.ts";
import { historyFromRows } from "./deployment-row.ts";
import { selectTransitions } from "./select-transitions.ts";

/** A deployment summary with its sequence number and its release. */
export interface SummaryRow {
  sequence: string;
  release: string | null;
  summary: DeploymentSummary;
}

/**
 * Reads deployments without plans and bundles, newest first. Health and sync status describe the
 * environment when each deployment ended.
 *
 * @param page.before sequence below which the page starts (keyset cursor)
 * @param page.states returns only deployments in these states
 */
export async function readDeploymentSummaries(
  reader: Reader,
  environment: string,
  page: {
    limit: number;
    before?: string | undefined;
    states?: readonly DeploymentState[] | undefined;
  },
): Promise<SummaryRow[]> {
  let query = selectSummaries(reader)
    .where("environment", "=", environment)
    .orderBy("sequence", "desc")
    .limit(page.limit);
  if (page.before !== undefined) query = query.where("sequence", "<", page.before);
  if (page.states !== undefined) query = query.where("state", "in", page.states);
  return (await query.execute()).map(summaryFromRow);
}

/** Reads the summary of one deployment. */
export async function readDeploymentSummary(
  reader: Reader,
  id: string,
): Promise<SummaryRow | undefined> {
  const row = await selectSummaries(reader).where("id", "=", id).executeTakeFirst();
  return row && summaryFromRow(row);
}

function selectSummaries(reader: Reader) {
  return reader
    .selectFrom("deployments")
    .select([
      "sequence",
      "id",
      "environment",
      "commit_info",
      "state",
      "reason",
      "error_message",
      "release",
      "previous_release",
      "started_at",
      "completed_at",
      "initiated_by",
      "trigger",
      "restores",
      "waiting_for",
      "not_before",
    ])
    .select(selectTransitions);
}

type SelectedRow = Awaited<ReturnType<ReturnType<typeof selectSummaries>["execute"]>>[number];

function summaryFromRow(row: SelectedRow): SummaryRow {
  const { author, branch, id, message } = row.commit_info;
  return {
    sequence: row.sequence,
    release: row.release,
    summary: {
      id: row.id,
      environment: row.environment,
      commit: id,
      branch,
      state: row.state,
      ...environmentStatus({ ...row, waitingFor: row.waiting_for }, row.previous_release !== null),
      reason: row.reason,
      errorMessage: row.error_message,
      startedAt: row.started_at.toISOString(),
      completedAt: row.completed_at?.toISOString() ?? null,
      initiatedBy: row.initiated_by,
      trigger: row.trigger,
      restores: row.restores,
      author: `${author.name} <${author.email}>`,
      message,
      waitingFor: row.waiting_for,
      notBefore: row.not_before?.toISOString() ?? null,
      stateHistory: historyFromRows(row.transitions),
    },
  };
}
