import type { AuditOutcome } from "@honua/contracts";
import { type Clock, HonuaError, type Log, messageOf } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { type AuditRecord, appendAuditEntry } from "./audit-entry.ts";

/** Records an attempt on its own, where it changed nothing that shares a transaction with it. */
export type RecordAttempt = (record: AuditRecord) => Promise<void>;

export function createAttemptRecorder(deps: {
  database: () => Database;
  clock: Clock;
}): RecordAttempt {
  return (record) =>
    deps
      .database()
      .transaction((transaction) => appendAuditEntry(transaction, record, deps.clock.now()));
}

/**
 * Records an attempt that led nowhere. What it was refused with is what the caller is to hear, so a
 * record that cannot be made is only told in the log.
 */
export async function recordRefusal(
  deps: { recordAttempt: RecordAttempt; log: Log },
  record: AuditRecord,
): Promise<void> {
  try {
    await deps.recordAttempt(record);
  } catch (error) {
    deps.log.warn(
      { err: error, actor: record.actor, action: record.action, target: record.target },
      `A refused ${record.action} by ${record.actor} could not be recorded: ${messageOf(error)}`,
    );
  }
}

/** How an attempt ended that raised this error, and why. */
export function refusalDetails(error: unknown): {
  outcome: AuditOutcome;
  detail: { [key: string]: unknown };
} {
  const code = error instanceof HonuaError ? error.code : undefined;
  const permanent = error instanceof HonuaError && error.kind === "permanent";
  return {
    outcome: permanent ? "refused" : "failed",
    detail: { ...(code ? { code } : {}), message: messageOf(error) },
  };
}
