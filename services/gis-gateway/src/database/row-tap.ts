/** A row as the server sends it: a value's text in UTF-8, null for SQL's null. */
export type ByteRow = readonly (Buffer | null)[];

/** `DataRow` of the message formats of PostgreSQL (55.7). */
const DATA_ROW = 0x44;
/** Bytes of a message's type and length. */
const HEADER = 5;
const NOTHING = Buffer.alloc(0);

/** What takes the rows of a connection. */
export interface RowReceiver {
  /** Gives memory for a row. */
  take(bytes: number): Buffer;
  row(row: ByteRow): void;
  /** Gets the type of every other message; the driver then gets none of them. */
  message?(type: number): void;
}

/**
 * Takes the rows out of what a server sends, before a driver makes strings of them; everything else
 * goes on to the driver as it is. What is not tapped goes on whole.
 */
export interface RowTap {
  /** What the server sent next, which is not kept. */
  feed(chunk: Buffer): void;
  /** Takes the rows from here on, until it is called without a receiver. */
  open(receiver: RowReceiver | undefined): void;
}

/** @param driver gets the bytes of every message that is not taken; they are gone when it returns */
export function createRowTap(driver: (bytes: Buffer) => void): RowTap {
  let receiver: RowReceiver | undefined;
  /** The start of a header whose end has not come yet. */
  let header: Buffer = NOTHING;
  /** Bytes that the message which has begun still lacks. */
  let lacking = 0;
  /** Type of that message. */
  let type = 0;
  /** That message, when it is a row. */
  let row: Buffer | undefined;

  return {
    open(next) {
      receiver = next;
    },
    feed(chunk) {
      const isWhole = header.length === 0 && lacking === 0;
      if (!receiver && isWhole) return driver(chunk);
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
        }
      }
      const end = at + Math.min(lacking, bytes.length - at);
      if (row) bytes.copy(row, row.length - lacking, at, end);
      lacking -= end - at;
      at = end;
      if (row || receiver?.message) passedTo = at;
      if (lacking === 0) deliver();
    }
    if (passedTo < at) driver(bytes.subarray(passedTo, at));
  }

  function deliver(): void {
    const finished = row;
    row = undefined;
    if (finished) receiver?.row(valuesOf(finished));
    else receiver?.message?.(type);
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
