import { MemoryBudgetError } from "../memory/buffer-pool.ts";

/**
 * The result of a statement is larger than the statement may return. The connection is discarded: the
 * server may be about to send a gigabyte more.
 */
export class ResultTooLargeError extends Error {
  override readonly name = "ResultTooLargeError";
  /** Bytes that the statement may return. */
  readonly limit: number;

  constructor(limit: number) {
    super(`the result of the statement has more than ${limit} bytes`);
    this.limit = limit;
  }
}

/**
 * Reading from or writing to a connection threw. The state of the connection is unknown, so it is
 * discarded. The statement is not repeated, because it would probably fail again.
 */
export class BrokenConnectionError extends Error {
  override readonly name = "BrokenConnectionError";
}

type Unreadable = ResultTooLargeError | MemoryBudgetError | BrokenConnectionError;

/** True for an error that destroyed its connection for a reason of this process. */
export function isUnreadable(error: unknown): error is Unreadable {
  return (
    error instanceof ResultTooLargeError ||
    error instanceof MemoryBudgetError ||
    error instanceof BrokenConnectionError
  );
}

/** Anything thrown in a callback of a connection, as an error that marks the connection as broken. */
export function asUnreadable(cause: unknown): Unreadable {
  if (isUnreadable(cause)) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BrokenConnectionError(`the connection could not be read: ${why}`, { cause });
}
