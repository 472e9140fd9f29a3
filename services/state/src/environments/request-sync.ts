import { environmentSyncRequested } from "@honua/contracts";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import { storableText } from "../database/storable-text.ts";
import type { ChangeEnvironment } from "./environment-change.ts";

/** A sync that an operator requested. */
export interface SyncRequest {
  environment: string;
  /** The operator, such as `user:ana@example.com`. */
  by: string;
  force: boolean;
  dryRun: boolean;
  overrideWindow: boolean;
  reason: string;
}

/**
 * Audits a requested sync and emits its event, before the watcher is called.
 *
 * No event is emitted in two cases. A window override emits its own event. For an unknown environment
 * only the audit entry is written, because the event would create an environment from a mistyped name.
 */
export async function requestSync(
  deps: {
    database: () => Database;
    changeEnvironment: ChangeEnvironment;
    recordAttempt: RecordAttempt;
  },
  { environment, by, force, dryRun, overrideWindow, ...request }: SyncRequest,
): Promise<void> {
  const reason = storableText(request.reason);
  const why = reason ? { reason } : {};
  const record = {
    environment,
    actor: by,
    action: "environment.sync",
    outcome: "accepted" as const,
    detail: { force, overrideWindow, dryRun, ...why },
  };
  const isKnown = await deps
    .database()
    .read((reader) =>
      reader
        .selectFrom("environments")
        .select("name")
        .where("name", "=", environment)
        .executeTakeFirst(),
    );
  if (!isKnown || overrideWindow) return deps.recordAttempt(record);
  await deps.changeEnvironment(environment, async (change) => {
    change.audit(record);
    await change.emit(environmentSyncRequested, {
      requestedBy: by,
      force,
      ...(dryRun ? { dryRun } : {}),
      ...why,
    });
  });
}
