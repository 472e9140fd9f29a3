import type { AuditOutcome } from "@honua/contracts";
import { type Clock, HonuaError, type Log, messageOf } from "@honua/service-kit";
import type { Database } from "../database/database.ts";
import { type AuditRecord, appendAuditEntry } from "./audit-entry.ts";

/** Audits an attempt in a transaction of its own, for actions that changed nothing. */
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
 * Audits a refused attempt. If that fails, the failure is only logged, because the caller must receive
 * the original error.
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
      `Failed to audit a refused ${record.action} by ${record.actor}: ${messageOf(error)}`,
    );
  }
}

/** The audit outcome and detail of an attempt that raised this error. */
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
