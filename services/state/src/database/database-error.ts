import { HonuaError, messageOf, PermanentError, TransientError } from "@honua/service-kit";
import { isCachedPlanInvalid } from "./prepared-statements.ts";

/** SQLSTATE classes of transient errors: connection, rollback, resources, operator intervention. */
const TRANSIENT_SQLSTATE_CLASSES = new Set(["08", "40", "53", "57"]);
const NETWORK_ERRORS =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;
/** Driver errors that have no code. */
const DRIVER_MESSAGES =
  /Connection terminated|timeout exceeded when trying to connect|not queryable/;

/** SQLSTATEs of a NUL character in text and in JSON. PostgreSQL cannot store it, so a request sent it. */
const NUL_CHARACTER_CODES = new Set(["22021", "22P05"]);

/**
 * Maps a driver error. A transient error becomes `unavailable`, which callers retry. A NUL character
 * becomes `invalid-request`. Other errors are kept.
 */
export function asDatabaseError(error: unknown): unknown {
  if (error instanceof HonuaError) return error;
  if (NUL_CHARACTER_CODES.has((error as { code?: string } | null)?.code ?? "")) {
    return new PermanentError(
      "invalid-request",
      "A text contains the NUL character, which cannot be stored. Send it without the character.",
      { cause: error },
    );
  }
  if (!isTransient(error)) return error;
  return new TransientError(
    "unavailable",
    `The state database is unavailable: ${messageOf(error)}`,
    { cause: error },
  );
}

function isTransient(error: unknown): boolean {
  if (isCachedPlanInvalid(error)) return true;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") {
    return NETWORK_ERRORS.test(code) || TRANSIENT_SQLSTATE_CLASSES.has(code.slice(0, 2));
  }
  if (error instanceof AggregateError) return error.errors.every(isTransient);
  return DRIVER_MESSAGES.test(messageOf(error));
}
