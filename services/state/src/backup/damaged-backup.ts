import { PermanentError } from "@honua/service-kit";

/**
 * The error for a backup that cannot be restored because its content is wrong.
 *
 * @param reason the end of a sentence; a full stop is added if it has none
 */
export function damagedBackup(reason: string): PermanentError {
  return new PermanentError(
    "damaged-backup",
    `The backup is damaged: ${reason.replace(/\.$/, "")}. Nothing was restored.`,
  );
}
