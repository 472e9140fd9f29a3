import { sealableParts, type UnsealedEntry } from "@honua/audit";
import type { Transaction } from "kysely";
import { storableText } from "../database/storable-text.ts";
import type { Tables } from "../database/tables.ts";

/** What is to be recorded; the time is that of the change. */
export type AuditRecord = Pick<UnsealedEntry, "actor" | "action" | "outcome"> &
  Partial<Pick<UnsealedEntry, "environment" | "recordedBy" | "target" | "detail">>;

/**
 * Adds entries to the chain, in the transaction of what they tell about. They get their places when it
 * commits (migration 0016): only then is the end of the chain locked, for as long as the commit lasts.
 */
export async function appendAudit(
  transaction: Transaction<Tables>,
  records: readonly AuditRecord[],
  now: Date,
): Promise<void> {
  if (records.length === 0) return;
  const rows = records.map((record) => {
    const entry = unsealed(record, now);
    const [beforePreviousHash, beforeSequence, afterSequence] = sealableParts(entry);
    return {
      at: now,
      environment: entry.environment,
      actor: entry.actor,
      recorded_by: entry.recordedBy,
      action: entry.action,
      target: entry.target,
      outcome: entry.outcome,
      detail: JSON.stringify(entry.detail),
      before_previous_hash: beforePreviousHash,
      before_sequence: beforeSequence,
      after_sequence: afterSequence,
    };
  });
  await transaction.insertInto("audit_intake").values(rows).execute();
}

function unsealed(record: AuditRecord, now: Date): UnsealedEntry {
  const { actor, action, outcome, environment, recordedBy, target, detail } = record;
  return {
    at: now.toISOString(),
    environment: environment ?? null,
    actor: hashableText(actor),
    recordedBy: recordedBy ? hashableText(recordedBy) : null,
    action,
    target: target ? hashableText(target) : null,
    outcome,
    detail: hashableJson(detail ?? {}),
  };
}

/** As the database gives it back, and as RFC 8785 can hash it. */
function hashableText(text: string): string {
  return storableText(text).toWellFormed();
}

function hashableJson(detail: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(detail), (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  ) as Record<string, unknown>;
}
