import { TransientError } from "@honua/service-kit";
import { DATABASE_CODES } from "./database-error.ts";

/** All connections are in use. */
export function connectionsBusy(): TransientError {
  return new TransientError(
    DATABASE_CODES.busy,
    "Every connection to the database is in use; try again in a moment.",
  );
}

/** One client has as many open cursors as it may have. */
export function tooManyCursors(): TransientError {
  return new TransientError(
    DATABASE_CODES.cursors,
    "You are reading as many long responses at once as this server allows one client; finish one of them first.",
  );
}

/** A long statement was cancelled because another client waited for its connection. */
export function statementPreempted(cause: unknown): TransientError {
  return new TransientError(
    DATABASE_CODES.preempted,
    "This query was stopped because it ran long while other clients waited for a connection; ask for less, or for one page at a time.",
    { cause },
  );
}
