import { PermanentError } from "@honua/service-kit";

/** The error for a backup that cannot be restored because its content is wrong. */
export function damagedBackup(reason: string): PermanentError {
  return new PermanentError(
    "damaged-backup",
    `The backup is damaged: ${reason}. Nothing was restored.`,
  );
}
