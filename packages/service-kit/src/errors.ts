import type { ERROR_CODES, ErrorKind, WireError } from "@honua/contracts";

interface ErrorOptionsWithData {
  cause?: unknown;
  data?: Record<string, unknown>;
}

/** The root of every error this system raises on purpose. `code` is stable, `data` is for humans. */
export abstract class HonuaError extends Error {
  abstract readonly kind: ErrorKind;
  readonly code: string;
  readonly data: Record<string, unknown>;

  constructor(code: string, message: string, options: ErrorOptionsWithData = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** Trying again cannot help: people must change something. */
export class PermanentError extends HonuaError {
  override readonly kind = "permanent";
}

/** Nothing is wrong; come back at `until`. */
export class WaitingError extends HonuaError {
  override readonly kind = "waiting";
  readonly until: Date;

  constructor(code: string, message: string, until: Date, options: ErrorOptionsWithData = {}) {
    super(code, message, options);
    this.until = until;
  }
}

/** May succeed when tried again with backoff. */
export class TransientError extends HonuaError {
  override readonly kind = "transient";
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** Any thrown value as an error of the hierarchy; what is not known is taken for transient. */
export function asHonuaError(error: unknown): HonuaError {
  if (error instanceof HonuaError) return error;
  return new TransientError("unexpected", messageOf(error), { cause: error });
}

/** An error as it crosses the bus. */
export function toWire(error: HonuaError): WireError {
  const data = error instanceof WaitingError ? { ...error.data, until: error.until } : error.data;
  return { kind: error.kind, code: error.code, message: error.message, data };
}

/** The error that a peer sent, with its kind kept. */
export function fromWire(error: WireError): HonuaError {
  const data = error.data ?? {};
  if (error.kind === "permanent") return new PermanentError(error.code, error.message, { data });
  if (error.kind === "waiting" && typeof data.until === "string") {
    return new WaitingError(error.code, error.message, new Date(data.until), { data });
  }
  return new TransientError(error.code, error.message, { data });
}

/** True for an error with this code, whichever process raised it. */
export function hasCode(
  error: unknown,
  code: (typeof ERROR_CODES)[keyof typeof ERROR_CODES],
): boolean {
  return error instanceof HonuaError && error.code === code;
}
