import { HonuaError, messageOf, PermanentError, TransientError } from "@honua/service-kit";
import { BrokenConnectionError, isUnreadable, ResultTooLargeError } from "./unreadable-result.ts";

/** Codes of the errors of a database. */
export const DATABASE_CODES = {
  unreachable: "database-unreachable",
  busy: "database-busy",
  timeout: "statement-timeout",
  drifted: "table-changed",
  badValue: "bad-value",
  tooLarge: "result-too-large",
  preempted: "too-many-long-statements",
  cursors: "too-many-cursors",
  refused: "database-error",
} as const;

/** Network errors after which a connection cannot be used again. */
const NETWORK_ERRORS = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
]);

/** Messages of driver errors without a code: the connection ended, or was not opened in time. */
const CONNECTION_MESSAGE =
  /connection terminated|connection ended|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|timeout expired|does not support ssl/i;

/** True if the connection is lost and another connection might work. */
export function isConnectionLoss(error: unknown): boolean {
  if (isUnreadable(error)) return false;
  const code = codeOf(error);
  // Class 08: connection exception; 57P0x: the server shuts down, crashed or starts up.
  if (code !== undefined) return NETWORK_ERRORS.has(code) || /^(08|57P0)/.test(code);
  return CONNECTION_MESSAGE.test(messageOf(error));
}

/**
 * Converts an error of the driver to an error with a stable code and a message that may be shown to any
 * client. The driver's own message stays in `cause`.
 */
export function asDatabaseError(cause: unknown): HonuaError {
  if (cause instanceof HonuaError) return cause;
  const code = codeOf(cause);
  if (code === "57014" || isReadTimeout(cause)) {
    return new TransientError(
      DATABASE_CODES.timeout,
      "The database did not finish this query in time; ask for less, or try again.",
      { cause },
    );
  }
  if (isTooLarge(cause)) {
    return new PermanentError(
      DATABASE_CODES.tooLarge,
      "The result is too large to be returned as one; ask for less.",
      { cause },
    );
  }
  if (cause instanceof BrokenConnectionError) {
    return new TransientError(
      DATABASE_CODES.unreachable,
      "The response of the database could not be read.",
      { cause },
    );
  }
  // 28: invalid credentials; 3D: unknown database; 53: out of connections, memory or disk.
  if (isConnectionLoss(cause) || /^(28|3D|53)/.test(code ?? "")) {
    return new TransientError(DATABASE_CODES.unreachable, "The database cannot be reached now.", {
      cause,
    });
  }
  if (/^22/.test(code ?? "")) {
    return new PermanentError(
      DATABASE_CODES.badValue,
      "A value does not fit the type it is compared with.",
      { cause },
    );
  }
  // 42: a table, column or type was changed after the release was prepared.
  if (/^42/.test(code ?? "")) {
    return new TransientError(
      DATABASE_CODES.drifted,
      "The table no longer matches the configuration of this collection.",
      { cause },
    );
  }
  return new TransientError(DATABASE_CODES.refused, "The database refused this query.", { cause });
}

/** True for an error after which the connection cannot be used again. */
export function isConnectionUnusable(error: unknown): boolean {
  // After a read timeout of the driver, the server may still be sending the result.
  return isConnectionLoss(error) || isUnreadable(error) || isReadTimeout(error);
}

/** True if the driver stopped waiting for the result. */
function isReadTimeout(error: unknown): boolean {
  return messageOf(error) === "Query read timeout";
}

/** True for a result beyond the limit of this process or of PostgreSQL, whose values have up to 1 GB. */
function isTooLarge(error: unknown): boolean {
  if (error instanceof ResultTooLargeError) return true;
  const code = codeOf(error);
  // 54000: program limit exceeded. The allocator of PostgreSQL reports an internal error (XX000) instead.
  return code === "54000" || (code === "XX000" && ALLOCATION.test(messageOf(error)));
}

/** Messages of PostgreSQL for an allocation or a value beyond 1 GB. */
const ALLOCATION = /invalid memory alloc request size|requested length too large/;

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}
