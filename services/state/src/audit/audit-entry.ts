import { entryHashParts, type UnsealedEntry } from "@honua/audit";
import type { Insertable, Transaction } from "kysely";
import { storableText } from "../database/storable-text.ts";
import type { Tables } from "../database/tables.ts";

/** An action to audit. Its time is the time of the change. */
export type AuditRecord = Pick<UnsealedEntry, "actor" | "action" | "outcome"> &
  Partial<Pick<UnsealedEntry, "environment" | "recordedBy" | "target" | "detail">>;

/**
 * Adds an entry to the audit chain, in the transaction of the audited action. The position is assigned
 * at commit (migration 0016), so the chain head is locked only while the transaction commits.
 */
export async function appendAuditEntry(
  transaction: Transaction<Tables>,
  record: AuditRecord,
  now: Date,
): Promise<void> {
  await transaction.insertInto("audit_intake").values(auditEntry(record, now)).execute();
}

/** Builds the row of an entry, without the values that depend on the chain head. */
export function auditEntry(record: AuditRecord, now: Date): Insertable<Tables["audit_intake"]> {
  const entry = unsealedEntry(record, now);
  const [beforePreviousHash, beforeSequence, afterSequence] = entryHashParts(entry);
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
}

function unsealedEntry(record: AuditRecord, now: Date): UnsealedEntry {
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

/** Normalises text so that the database returns it unchanged and RFC 8785 can hash it. */
function hashableText(text: string): string {
  return storableText(text).toWellFormed();
}

function hashableJson(detail: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(detail), (_key, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  ) as Record<string, unknown>;
}
