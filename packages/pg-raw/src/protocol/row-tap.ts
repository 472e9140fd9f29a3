import { ResultTooLargeError } from "../errors/unreadable-result.ts";

/** A row as the server sends it. Each value is its text in UTF-8, or null for SQL's null. */
export type ByteRow = readonly (Buffer | null)[];

/** `DataRow` of the message formats of PostgreSQL (55.7). */
const DATA_ROW = 0x44;
/** Bytes of a message's type and length. */
const HEADER = 5;
const EMPTY = Buffer.alloc(0);

/** Receives the rows of a connection. */
export interface RowReceiver {
  /**
   * Returns memory for a row, or undefined to skip the row without storing it.
   *
   * @throws anything to refuse the row, before memory is allocated for it
   */
  acquire(bytes: number): Buffer | undefined;
  row(row: ByteRow): void;
  /** Receives the type of every other message. If present, the driver receives no messages. */
  message?(type: number): void;
}

/**
 * Maximum bytes of a message for the driver. The driver collects a whole message and decodes it to
 * strings, and throws beyond 512 MiB, the maximum length of a string in V8. In this package the driver
 * only reads short rows: the catalog, extents and counts.
 */
const MAX_DRIVER_MESSAGE = 32 * 1024 * 1024;

/**
 * Takes the rows out of the bytes that a server sends, before the driver decodes them to strings. All
 * other messages go to the driver unchanged. Without a receiver, rows also go to the driver.
 */
export class RowTap {
  readonly #driver: (bytes: Buffer) => void;
  readonly #maxDriverMessage: number;
  #receiver: RowReceiver | undefined;
  /** The received part of an incomplete message header. */
  #header: Buffer = EMPTY;
  /** Missing bytes of the current message. */
  #missing = 0;
  /** Type of the current message. */
  #type = 0;
  /** The current message if it is a row that the receiver stores. */
  #row: Buffer | undefined;
  /** True if the current message is a row that the receiver skips. */
  #isSkipped = false;

  /**
   * @param driver receives the bytes of all messages that are not taken; they are overwritten when it
   *   returns
   * @param maxDriverMessage maximum bytes of a message for the driver
   */
  constructor(driver: (bytes: Buffer) => void, maxDriverMessage = MAX_DRIVER_MESSAGE) {
    this.#driver = driver;
    this.#maxDriverMessage = maxDriverMessage;
  }

  /** Sends the rows from the next message on to a receiver, or to the driver if there is none. */
  open(receiver: RowReceiver | undefined): void {
    this.#receiver = receiver;
  }

  /**
   * Processes the next bytes from the server, without keeping a reference to them.
   *
   * @throws ResultTooLargeError for a message beyond the limit of the driver
   * @throws errors of the receiver and of the driver; the tap is unusable afterwards
   */
  feed(chunk: Buffer): void {
    const bytes = this.#header.length === 0 ? chunk : Buffer.concat([this.#header, chunk]);
    this.#header = EMPTY;
    let at = 0;
    let passedTo = 0;
    while (at < bytes.length) {
      if (this.#missing === 0) {
        if (bytes.length - at < HEADER) {
          this.#header = Buffer.from(bytes.subarray(at));
          break;
        }
        this.#missing = bytes.readUInt32BE(at + 1) + 1;
        this.#type = bytes[at] ?? 0;
        if (this.#receiver && this.#type === DATA_ROW) {
          if (passedTo < at) this.#driver(bytes.subarray(passedTo, at));
          this.#row = this.#receiver.acquire(this.#missing);
          this.#isSkipped = this.#row === undefined;
          passedTo = at;
        } else if (this.#missing > this.#maxDriverMessage && !this.#receiver?.message) {
          throw new ResultTooLargeError(this.#maxDriverMessage);
        }
      }
      const end = at + Math.min(this.#missing, bytes.length - at);
      const row = this.#row;
      if (row) bytes.copy(row, row.length - this.#missing, at, end);
      this.#missing -= end - at;
      at = end;
      if (row || this.#isSkipped || this.#receiver?.message) passedTo = at;
      if (this.#missing === 0) this.#deliver();
    }
    if (passedTo < at) this.#driver(bytes.subarray(passedTo, at));
  }

  /** Delivers a complete message. */
  #deliver(): void {
    const row = this.#row;
    const wasSkipped = this.#isSkipped;
    this.#row = undefined;
    this.#isSkipped = false;
    if (row) this.#receiver?.row(valuesOf(row));
    else if (!wasSkipped) this.#receiver?.message?.(this.#type);
  }
}

/** The values of a `DataRow`: their number, then each value after its length, which is -1 for null. */
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
