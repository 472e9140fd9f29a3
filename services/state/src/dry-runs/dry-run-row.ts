import type { DryRun, DryRunSummary } from "@honua/contracts";
import type { Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";

/** Converts a row to the dry-run document. */
export function dryRunFromRow(row: Selectable<Tables["dry_runs"]>): DryRun {
  return {
    id: row.id,
    environment: row.environment,
    commit: row.commit_info,
    treeHash: row.tree_hash,
    trigger: row.trigger,
    initiatedBy: row.initiated_by,
    requestId: row.request_id,
    at: row.at.toISOString(),
    outcome: row.plan === null ? "failed" : "planned",
    plan: row.plan,
    errorMessage: row.error_message,
  };
}

/** The summary of a dry run, for lists and the state document. */
export function dryRunSummary({ plan, treeHash: _, ...dryRun }: DryRun): DryRunSummary {
  return {
    ...dryRun,
    commit: dryRun.commit.id,
    message: dryRun.commit.message,
    riskLevel: plan?.riskLevel ?? null,
    changes: plan ? plan.changes.length + (plan.omitted?.changes ?? 0) : null,
    requiresApproval: plan?.decision.requiresApproval ?? null,
    allowed: plan?.decision.allowed ?? null,
    planDigest: plan?.planDigest ?? null,
  };
}
