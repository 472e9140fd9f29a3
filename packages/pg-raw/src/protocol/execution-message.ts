import utils from "pg/lib/utils.js";
import type { Statement } from "../statement.ts";

const BIND = 0x42;
const [TEXT, BINARY] = [0, 1];
/** Executes the unnamed portal to its end, then Sync. */
const EXECUTE_AND_SYNC = Buffer.from("E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04", "latin1");

/**
 * The messages that execute a parsed statement: Bind, Execute and Sync in one buffer, with parameters
 * as text (PostgreSQL, 55.7).
 *
 * @param name of the statement, ASCII; empty for the last unnamed statement
 */
export function executionMessage(
  name: string,
  { values, isBinary }: Pick<Statement, "values" | "isBinary">,
): Buffer {
  const texts = values.map((value) => utils.prepareValue(value) as string | null);
  const lengths = texts.map((text) => (text === null ? -1 : Buffer.byteLength(text)));
  const bytesOfValues = lengths.reduce((sum, length) => sum + 4 + Math.max(0, length), 0);
  const bindLength = 4 + 1 + name.length + 1 + 2 + 2 + bytesOfValues + 2 + 2;
  const message = Buffer.allocUnsafe(1 + bindLength + EXECUTE_AND_SYNC.length);
  let at = message.writeUInt8(BIND, 0);
  at = message.writeInt32BE(bindLength, at);
  at = message.writeUInt8(0, at);
  at += message.write(`${name}\0`, at, "latin1");
  at = message.writeInt16BE(0, at);
  at = message.writeInt16BE(texts.length, at);
  for (const [index, text] of texts.entries()) {
    at = message.writeInt32BE(lengths[index] ?? -1, at);
    if (text !== null) at += message.write(text, at);
  }
  at = message.writeInt16BE(1, at);
  at = message.writeInt16BE(isBinary ? BINARY : TEXT, at);
  EXECUTE_AND_SYNC.copy(message, at);
  return message;
}
