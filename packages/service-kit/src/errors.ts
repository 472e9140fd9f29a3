import { ERROR_CODES, type ErrorCode, type ErrorKind, type WireError } from "@honua/contracts";

interface ErrorOptionsWithData {
  cause?: unknown;
  data?: Record<string, unknown>;
}

/** The base class of all expected errors. `code` is stable; `data` is for people. */
export abstract class HonuaError extends Error {
  abstract readonly kind: ErrorKind;
  readonly code: ErrorCode;
  readonly data: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: ErrorOptionsWithData = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** A retry cannot help; a person must change something. */
export class PermanentError extends HonuaError {
  override readonly kind = "permanent";
}

/** Not an error yet: retry at `until`. */
export class WaitingError extends HonuaError {
  override readonly kind = "waiting";
  readonly until: Date;

  constructor(code: ErrorCode, message: string, until: Date, options: ErrorOptionsWithData = {}) {
    super(code, message, options);
    this.until = until;
  }
}

/** A retry with backoff may succeed. */
export class TransientError extends HonuaError {
  override readonly kind = "transient";
}

/** The message of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Converts any thrown value to a `HonuaError`; an unknown error counts as transient. */
export function asHonuaError(error: unknown): HonuaError {
  if (error instanceof HonuaError) return error;
  return new TransientError("unexpected", messageOf(error), { cause: error });
}

/** Serialises an error for the bus. */
export function toWire(error: HonuaError): WireError {
  const data = error instanceof WaitingError ? { ...error.data, until: error.until } : error.data;
  return { kind: error.kind, code: error.code, message: error.message, data };
}

/**
 * Restores an error from the bus with its kind. During an upgrade, a newer service may send a code that
 * this version lacks. It becomes `unexpected`, and `data.code` keeps it.
 */
export function fromWire(error: WireError): HonuaError {
  const code: ErrorCode = isErrorCode(error.code) ? error.code : "unexpected";
  const data = code === error.code ? (error.data ?? {}) : { ...error.data, code: error.code };
  if (error.kind === "permanent") return new PermanentError(code, error.message, { data });
  if (error.kind === "waiting" && typeof data.until === "string") {
    return new WaitingError(code, error.message, new Date(data.until), { data });
  }
  return new TransientError(code, error.message, { data });
}

function isErrorCode(code: string): code is ErrorCode {
  return (ERROR_CODES as readonly string[]).includes(code);
}

/** True if an error has this code, in whichever process it was raised. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof HonuaError && error.code === code;
}
