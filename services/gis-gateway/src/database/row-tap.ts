/** A row as the server sends it: a value's text in UTF-8, null for SQL's null. */
export type ByteRow = readonly (Buffer | null)[];

/** `DataRow` of the message formats of PostgreSQL (55.7). */
const DATA_ROW = 0x44;
/** Bytes of a message's type and length. */
const HEADER = 5;
const NOTHING = Buffer.alloc(0);

/**
 * Takes the rows out of what a server sends, before a driver makes strings of them; everything else
 * goes on to the driver as it is. What is not tapped goes on whole.
 */
export interface RowTap {
  /** What the server sent next, which is not kept. */
  feed(chunk: Buffer): void;
  /** Takes the rows from here on, until it is called without a receiver. */
  open(receive: ((row: ByteRow) => void) | undefined): void;
}

/**
 * @param driver gets the bytes of every message that is no tapped row; they are gone when it returns
 * @param take gives memory for a row
 */
export function createRowTap(
  driver: (bytes: Buffer) => void,
  take: (bytes: number) => Buffer = Buffer.allocUnsafe,
): RowTap {
  let receive: ((row: ByteRow) => void) | undefined;
  /** The start of a header whose end has not come yet. */
  let header: Buffer = NOTHING;
  /** Bytes that the message which has begun still lacks. */
  let lacking = 0;
  /** That message, when it is a row. */
  let row: Buffer | undefined;

  return {
    open(next) {
      receive = next;
    },
    feed(chunk) {
      const isWhole = header.length === 0 && lacking === 0;
      if (!receive && isWhole) return driver(chunk);
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
        if (receive && bytes[at] === DATA_ROW) {
          if (passedTo < at) driver(bytes.subarray(passedTo, at));
          row = take(lacking);
        }
      }
      const end = at + Math.min(lacking, bytes.length - at);
      if (row) bytes.copy(row, row.length - lacking, at, end);
      lacking -= end - at;
      at = end;
      if (row) {
        passedTo = at;
        if (lacking === 0) deliver(row);
      }
    }
    const passed = bytes.subarray(passedTo, at);
    if (passed.length > 0) driver(passed);
  }

  function deliver(message: Buffer): void {
    row = undefined;
    receive?.(valuesOf(message));
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
