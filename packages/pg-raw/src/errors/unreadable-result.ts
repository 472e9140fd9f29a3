import { MemoryBudgetError } from "../memory/large-buffers.ts";

/**
 * The result of a statement is larger than the statement may return. The connection is discarded,
 * because the server may still send another gigabyte.
 */
export class ResultTooLargeError extends Error {
  override readonly name = "ResultTooLargeError";
  /** Bytes that the statement may return. */
  readonly limit: number;

  constructor(limit: number) {
    super(`The result of the statement has more than ${limit} bytes.`);
    this.limit = limit;
  }
}

/**
 * Reading from or writing to a connection threw an error. The state of the connection is unknown, so it
 * is discarded. The statement is not repeated, because it would probably fail again.
 */
export class BrokenConnectionError extends Error {
  override readonly name = "BrokenConnectionError";
}

type Unreadable = ResultTooLargeError | MemoryBudgetError | BrokenConnectionError;

/** True for an error of this process that destroyed its connection. */
export function isUnreadable(error: unknown): error is Unreadable {
  return (
    error instanceof ResultTooLargeError ||
    error instanceof MemoryBudgetError ||
    error instanceof BrokenConnectionError
  );
}

/** Converts an error thrown in a callback of a connection to one that marks the connection as broken. */
export function asUnreadable(cause: unknown): Unreadable {
  if (isUnreadable(cause)) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BrokenConnectionError(`The connection could not be read: ${reason}`, { cause });
}
