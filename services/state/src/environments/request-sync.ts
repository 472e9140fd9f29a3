import { environmentSyncRequested } from "@honua/contracts";
import type { RecordAttempt } from "../audit/record-attempt.ts";
import type { Database } from "../database/database.ts";
import { storableText } from "../database/storable-text.ts";
import type { ChangeEnvironment } from "./environment-change.ts";

/** What an operator wants Git looked at for. */
export interface SyncRequest {
  environment: string;
  /** Such as `user:ana@example.com`. */
  by: string;
  force: boolean;
  dryRun: boolean;
  overrideWindow: boolean;
  reason: string;
}

/**
 * Records that an operator wants Git looked at, and tells it, before the watcher is asked. What
 * overrides a window is told with the override. An environment that is not known yet is only recorded:
 * telling it would make one out of a slip of the keyboard.
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
