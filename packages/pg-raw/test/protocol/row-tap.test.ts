import fc from "fast-check";
import { expect, it } from "vitest";
import { type ByteRow, type RowReceiver, RowTap } from "../../src/protocol/row-tap.ts";

/** A message as a server sends it: its type, its length without the type, its content. */
function message(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeUInt32BE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

function dataRow(values: readonly (string | null)[]): Buffer {
  const count = Buffer.alloc(2);
  count.writeUInt16BE(values.length);
  const fields = values.map((value) => {
    const text = Buffer.from(value ?? "");
    const length = Buffer.alloc(4);
    length.writeInt32BE(value === null ? -1 : text.length);
    return Buffer.concat([length, text]);
  });
  return message("D", Buffer.concat([count, ...fields]));
}

const values = fc.array(fc.option(fc.string({ unit: "binary" })), { maxLength: 4 });
const other = fc.tuple(fc.constantFrom("1", "2", "C", "Z", "N", "T"), fc.uint8Array());
const sent = fc.array(
  fc.oneof(
    values.map((row) => ({ row, bytes: dataRow(row) })),
    other.map(([type, content]) => ({
      row: undefined,
      bytes: message(type, Buffer.from(content)),
    })),
  ),
);

it("takes out every row and passes the rest on in order, however the bytes are split", () => {
  fc.assert(
    fc.property(sent, fc.array(fc.integer({ min: 1, max: 40 })), (messages, sizes) => {
      const passed: Buffer[] = [];
      const rows: ByteRow[] = [];
      const tap = new RowTap((bytes) => passed.push(Buffer.from(bytes)));
      tap.open(receiverOf(rows));
      for (const piece of cut(Buffer.concat(messages.map(({ bytes }) => bytes)), sizes)) {
        tap.feed(piece);
        // The next read overwrites the same memory.
        piece.fill(0xff);
      }
      expect(rows.map((row) => row.map((value) => value && String(value)))).toEqual(
        messages.flatMap(({ row }) => (row ? [row.map((value) => value && toUtf8(value))] : [])),
      );
      const otherMessages = messages.flatMap(({ row, bytes }) => (row ? [] : [bytes]));
      expect(Buffer.concat(passed)).toEqual(Buffer.concat(otherMessages));
    }),
  );
});

it("passes all bytes through without a receiver, even from the middle of a message", () => {
  const passed: Buffer[] = [];
  const rows: ByteRow[] = [];
  const tap = new RowTap((bytes) => passed.push(Buffer.from(bytes)));
  tap.open(receiverOf(rows));
  const notice = message("N", Buffer.from("notice"));
  tap.feed(Buffer.concat([dataRow(["a"]), notice.subarray(0, 7)]));
  tap.open(undefined);
  tap.feed(Buffer.concat([notice.subarray(7), dataRow(["b"])]));
  tap.feed(dataRow(["c"]));
  expect(rows.map((row) => row.map(String))).toEqual([["a"]]);
  expect(Buffer.concat(passed)).toEqual(Buffer.concat([notice, dataRow(["b"]), dataRow(["c"])]));
});

it("reports the type of every other message and passes nothing on if the receiver takes messages", () => {
  fc.assert(
    fc.property(sent, fc.array(fc.integer({ min: 1, max: 40 })), (messages, sizes) => {
      const passed: Buffer[] = [];
      const types: string[] = [];
      const rows: ByteRow[] = [];
      const tap = new RowTap((bytes) => passed.push(Buffer.from(bytes)));
      tap.open({ ...receiverOf(rows), message: (type) => types.push(String.fromCharCode(type)) });
      const all = Buffer.concat(messages.map(({ bytes }) => bytes));
      for (const piece of cut(all, sizes)) tap.feed(piece);
      const others = messages.flatMap(({ row, bytes }) =>
        row ? [] : [bytes.toString("latin1", 0, 1)],
      );
      expect(types).toEqual(others);
      expect(rows).toHaveLength(messages.length - others.length);
      expect(passed).toEqual([]);
    }),
  );
});

function receiverOf(rows: ByteRow[]): RowReceiver {
  return { acquire: Buffer.allocUnsafe, row: (row) => rows.push(row) };
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
  if (at < bytes.length) yield Buffer.from(bytes.subarray(at));
}

/** Encoding replaces a lone surrogate. */
const toUtf8 = (text: string) => Buffer.from(text).toString();
