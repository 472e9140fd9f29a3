import { ResultTooLargeError } from "./unreadable-result.ts";

/** A row as the server sends it: a value's text in UTF-8, null for SQL's null. */
export type ByteRow = readonly (Buffer | null)[];

/** `DataRow` of the message formats of PostgreSQL (55.7). */
const DATA_ROW = 0x44;
/** Bytes of a message's type and length. */
const HEADER = 5;
const NOTHING = Buffer.alloc(0);

/** What takes the rows of a connection. */
export interface RowReceiver {
  /**
   * Returns memory for a row, or undefined to skip the row without storing it.
   *
   * @throws anything to refuse the row, before memory is allocated for it
   */
  take(bytes: number): Buffer | undefined;
  row(row: ByteRow): void;
  /** Gets the type of every other message; the driver then gets none of them. */
  message?(type: number): void;
}

/**
 * Takes the rows out of what a server sends, before a driver makes strings of them; everything else
 * goes on to the driver as it is. What is not tapped goes on whole.
 */
export interface RowTap {
  /**
   * What the server sent next, which is not kept.
   *
   * @throws ResultTooLargeError for a message that is larger than the driver may get
   * @throws what the receiver and the driver throw; the tap is then of no more use
   */
  feed(chunk: Buffer): void;
  /** Takes the rows from here on, until it is called without a receiver. */
  open(receiver: RowReceiver | undefined): void;
}

/**
 * Bytes of a message that the driver may get. The driver gathers a whole message and decodes it to
 * strings, and throws beyond 512 MiB, the length of a string in V8. It only reads short rows here:
 * the catalog, extents and counts.
 */
const MAX_DRIVER_MESSAGE = 32 * 1024 * 1024;

/**
 * @param driver gets the bytes of every message that is not taken; they are gone when it returns
 * @param maxDriverMessage bytes of the largest message that the driver gets
 */
export function createRowTap(
  driver: (bytes: Buffer) => void,
  maxDriverMessage = MAX_DRIVER_MESSAGE,
): RowTap {
  let receiver: RowReceiver | undefined;
  /** The start of a header whose end has not come yet. */
  let header: Buffer = NOTHING;
  /** Bytes that the message which has begun still lacks. */
  let lacking = 0;
  /** Type of that message. */
  let type = 0;
  /** That message, when it is a row. */
  let row: Buffer | undefined;
  /** True while that message is a row that the receiver skips. */
  let isSkipped = false;

  return {
    open(next) {
      receiver = next;
    },
    feed(chunk) {
      split(header.length === 0 ? chunk : Buffer.concat([header, chunk]));
    },
  };

  function split(bytes: Buffer): void {
    header = NOTHING;
    let at = 0;
    let passedTo = 0;
    while (at < bytes.length) {
      if (lacking === 0) {
        if (bytes.length - at < HEADER) {
          header = Buffer.from(bytes.subarray(at));
          break;
        }
        lacking = bytes.readUInt32BE(at + 1) + 1;
        type = bytes[at] ?? 0;
        if (receiver && type === DATA_ROW) {
          if (passedTo < at) driver(bytes.subarray(passedTo, at));
          row = receiver.take(lacking);
          isSkipped = row === undefined;
          passedTo = at;
        } else if (lacking > maxDriverMessage && !receiver?.message) {
          throw new ResultTooLargeError(maxDriverMessage);
        }
      }
      const end = at + Math.min(lacking, bytes.length - at);
      if (row) bytes.copy(row, row.length - lacking, at, end);
      lacking -= end - at;
      at = end;
      if (row || isSkipped || receiver?.message) passedTo = at;
      if (lacking === 0) deliver();
    }
    if (passedTo < at) driver(bytes.subarray(passedTo, at));
  }

  function deliver(): void {
    const finished = row;
    const wasSkipped = isSkipped;
    row = undefined;
    isSkipped = false;
    if (finished) receiver?.row(valuesOf(finished));
    else if (!wasSkipped) receiver?.message?.(type);
  }
}

/** The values of a `DataRow`: a count, and each with its length before it, -1 for null. */
function valuesOf(message: Buffer): ByteRow {
  const values: (Buffer | null)[] = new Array(message.readUInt16BE(HEADER));
  let at = HEADER + 2;
  for (let index = 0; index < values.length; index += 1) {
    const length = message.readInt32BE(at);
    at += 4;
    values[index] = length < 0 ? null : message.subarray(at, at + length);
    at += Math.max(0, length);
  }
  return values;
}
