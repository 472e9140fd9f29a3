import type { Expression, InstantLiteral, IntervalBound } from "../ast.ts";
import { canonicalTimestamp, isDate } from "../calendar.ts";
import { childPointer, type JsonObject, type JsonReader } from "./reader.ts";

/** `{"date": …}` or `{"timestamp": …}`. */
export function readInstant(
  reader: JsonReader,
  object: JsonObject,
  pointer: string,
  kind: "date" | "timestamp",
): Expression {
  reader.onlyMembers(object, pointer, [kind]);
  const at = childPointer(pointer, kind);
  const instant = readInstantString(reader, reader.string(object[kind], at), at);
  if (instant.kind === kind) return instant;
  return reader.fail(`This is a ${instant.kind}, not a ${kind}.`, at, "invalid-instant");
}

/** `{"interval": [start, end]}` of instants as strings, `".."`, properties and functions. */
export function readInterval(reader: JsonReader, object: JsonObject, pointer: string): Expression {
  reader.onlyMembers(object, pointer, ["interval"]);
  const at = childPointer(pointer, "interval");
  const [start, end] = reader.array(object.interval, at, 2, 2);
  return {
    kind: "interval",
    start: readBound(reader, start, childPointer(at, 0)),
    end: readBound(reader, end, childPointer(at, 1)),
  };
}

function readBound(reader: JsonReader, value: unknown, pointer: string): IntervalBound {
  if (typeof value === "string") {
    const text = reader.string(value, pointer);
    return text === ".." ? { kind: "unbounded" } : readInstantString(reader, text, pointer);
  }
  const expression = reader.expression(value, pointer);
  if (expression.kind === "property" || expression.kind === "function") return expression;
  const message = 'Expected a date or timestamp as a string, "..", a property or function.';
  return reader.fail(message, pointer);
}

function readInstantString(reader: JsonReader, text: string, pointer: string): InstantLiteral {
  if (isDate(text)) return { kind: "date", value: text };
  const timestamp = canonicalTimestamp(text);
  if (timestamp !== undefined) return { kind: "timestamp", value: timestamp };
  const message =
    "Not a date (YYYY-MM-DD) or a timestamp in UTC (YYYY-MM-DDThh:mm:ssZ, to microseconds).";
  return reader.fail(message, pointer, "invalid-instant");
}
