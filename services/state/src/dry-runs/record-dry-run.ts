import { dryRunRecorded, type recordDryRun as recordDryRunCall } from "@honua/contracts";
import type { Log } from "@honua/service-kit";
import type { z } from "zod";
import { storableText } from "../database/storable-text.ts";
import { deploymentId } from "../deployments/deployment-id.ts";
import type { ChangeEnvironment, EnvironmentChange } from "../environments/environment-change.ts";
import { dryRunFromRow, dryRunSummary } from "./dry-run-row.ts";

type Request = z.output<typeof recordDryRunCall.request>;

/**
 * Stores the plan of a dry run and emits its event, once per request. The environment row is locked but
 * not changed.
 */
export async function recordDryRun(
  deps: { changeEnvironment: ChangeEnvironment; log: Log },
  request: Request,
): Promise<{ id: string }> {
  const { environment, commit } = request;
  const { id, created } = await deps.changeEnvironment(environment, async (change) => {
    const known = await readIdByRequest(change, request);
    if (known !== undefined) return { id: known, created: false };
    const row = await change.transaction
      .insertInto("dry_runs")
      .values({
        id: await findFreeId(change, request),
        environment,
        request_id: request.requestId,
        trigger: request.trigger,
        initiated_by: request.initiatedBy,
        commit_id: commit.id,
        commit_info: JSON.stringify(commit),
        tree_hash: request.treeHash,
        plan: request.plan && JSON.stringify(request.plan),
        error_message: request.errorMessage && storableText(request.errorMessage),
        at: change.now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const { id: dryRunId, ...summary } = dryRunSummary(dryRunFromRow(row));
    await change.emit(dryRunRecorded, { dryRunId, ...summary });
    const { initiatedBy, outcome, planDigest, riskLevel, requiresApproval, errorMessage } = summary;
    change.audit({
      actor: "system:reconciler",
      action: "environment.dry-run",
      target: dryRunId,
      outcome: "done",
      detail: {
        commit: commit.id,
        initiatedBy,
        plan: { outcome, planDigest, riskLevel, requiresApproval },
        ...(errorMessage ? { errorMessage } : {}),
      },
    });
    return { id: dryRunId, created: true };
  });
  if (created) {
    deps.log.info({ environment, dryRunId: id }, `Recorded dry run ${id} for ${commit.id}`);
  }
  return { id };
}

async function readIdByRequest(
  { transaction }: EnvironmentChange,
  { environment, requestId }: Request,
): Promise<string | undefined> {
  const row = await transaction
    .selectFrom("dry_runs")
    .select("id")
    .where("environment", "=", environment)
    .where("request_id", "=", requestId)
    .executeTakeFirst();
  return row?.id;
}

async function findFreeId(change: EnvironmentChange, { environment, commit }: Request) {
  for (let attempt = 1; ; attempt += 1) {
    const id = `${deploymentId(environment, change.now, commit.id, attempt)}-dry-run`;
    const taken = await change.transaction
      .selectFrom("dry_runs")
      .select("id")
      .where("id", "=", id)
      .executeTakeFirst();
    if (!taken) return id;
  }
}
