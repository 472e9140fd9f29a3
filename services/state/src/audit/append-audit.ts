import { type ChainHead, sealed, type UnsealedEntry } from "@honua/audit";
import type { Transaction } from "kysely";
import { storableText } from "../database/storable-text.ts";
import type { Tables } from "../database/tables.ts";

/** What is to be recorded; the time is that of the change. */
export type AuditRecord = Pick<UnsealedEntry, "actor" | "action" | "outcome"> &
  Partial<Pick<UnsealedEntry, "environment" | "recordedBy" | "target" | "detail">>;

/**
 * Adds entries to the end of the chain, in the transaction of what they tell about. The end stays
 * locked until that transaction ends, so this comes last in it: the chain grows one transaction at a
 * time in the whole database, and whoever locks it already holds everything else that it needs.
 */
export async function appendAudit(
  transaction: Transaction<Tables>,
  records: readonly AuditRecord[],
  now: Date,
): Promise<void> {
  if (records.length === 0) return;
  const last = await transaction
    .selectFrom("audit_head")
    .select(["sequence", "hash"])
    .forUpdate()
    .executeTakeFirstOrThrow();
  let head: ChainHead = { sequence: Number(last.sequence), hash: last.hash };
  const entries = records.map((record) => {
    const entry = sealed(unsealed(record, now), head);
    head = entry;
    return entry;
  });
  await transaction
    .with("appended", (query) =>
      query.insertInto("audit").values(
        entries.map((entry) => ({
          sequence: String(entry.sequence),
          at: now,
          environment: entry.environment,
          actor: entry.actor,
          recorded_by: entry.recordedBy,
          action: entry.action,
          target: entry.target,
          outcome: entry.outcome,
          detail: JSON.stringify(entry.detail),
          previous_hash: entry.previousHash,
          hash: entry.hash,
        })),
      ),
    )
    .updateTable("audit_head")
    .set({ sequence: String(head.sequence), hash: head.hash })
    .execute();
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
