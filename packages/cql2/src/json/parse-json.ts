import type { BooleanExpression, Expression } from "../ast.ts";
import { canonicalNumber } from "../canonical-number.ts";
import { Cql2Error } from "../cql2-error.ts";
import { DEFAULT_LIMITS, type Limits, tooDeep, tooLong } from "../limits.ts";
import { treeDepth } from "../tree-depth.ts";
import { numberText, parseExactJson } from "./exact-number.ts";
import { readBoundingBox, readGeometry } from "./read-geometry.ts";
import { readInstant, readInterval } from "./read-instant.ts";
import { readOperation } from "./read-operation.ts";
import { childPointer, createReader, type JsonObject, type JsonReader } from "./reader.ts";

/**
 * Parses a CQL2 JSON value (OGC 21-065r2, 8.3 and the JSON schema of Annex C).
 *
 * @throws Cql2Error with a JSON pointer.
 */
export function parseJson(value: unknown, limits: Limits = DEFAULT_LIMITS): BooleanExpression {
  const filter = createReader(limits, readExpression).inRole("boolean", value, "");
  if (treeDepth(filter) > limits.maxDepth) throw tooDeep(limits, { pointer: "" });
  return filter;
}

/**
 * Parses the text of CQL2 JSON, so that numbers keep digits that `JSON.parse` would lose.
 *
 * @throws Cql2Error with a JSON pointer.
 */
export function parseJsonText(text: string, limits: Limits = DEFAULT_LIMITS): BooleanExpression {
  if (text.length > limits.maxLength) throw tooLong(limits, { pointer: "" });
  return parseJson(readJson(text), limits);
}

function readJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? cause.message : "it is nested too deep";
    throw new Cql2Error("syntax", `The filter is not JSON: ${reason}.`, { pointer: "" }, { cause });
  }
}

function readExpression(reader: JsonReader, value: unknown, pointer: string): Expression {
  if (typeof value === "boolean") return { kind: "boolean", value };
  if (typeof value === "string") return { kind: "string", value: reader.string(value, pointer) };
  const number = numberText(value);
  if (number !== undefined) return readNumber(reader, number, pointer);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => reader.expression(item, childPointer(pointer, index)));
    return { kind: "array", items };
  }
  if (typeof value !== "object" || value === null) {
    return reader.fail("Expected an expression.", pointer);
  }
  return readObject(reader, value as JsonObject, pointer);
}

function readNumber(reader: JsonReader, source: string, pointer: string): Expression {
  const text = canonicalNumber(source);
  if (text !== undefined) return { kind: "number", text };
  return reader.fail("The number is out of range.", pointer, "invalid-number");
}

function readObject(reader: JsonReader, object: JsonObject, pointer: string): Expression {
  if (Object.hasOwn(object, "op")) return readOperation(reader, object, pointer);
  if (Object.hasOwn(object, "property")) return readProperty(reader, object, pointer);
  if (Object.hasOwn(object, "date")) return readInstant(reader, object, pointer, "date");
  if (Object.hasOwn(object, "timestamp")) return readInstant(reader, object, pointer, "timestamp");
  if (Object.hasOwn(object, "interval")) return readInterval(reader, object, pointer);
  if (Object.hasOwn(object, "type")) {
    return { kind: "geometry", geometry: readGeometry(reader, object, pointer) };
  }
  if (Object.hasOwn(object, "bbox")) return readBoundingBox(reader, object, pointer);
  const message =
    "Expected an object with op, property, date, timestamp, interval, bbox, or a GeoJSON geometry.";
  return reader.fail(message, pointer);
}

function readProperty(reader: JsonReader, object: JsonObject, pointer: string): Expression {
  reader.onlyMembers(object, pointer, ["property"]);
  const name = reader.string(object.property, childPointer(pointer, "property"));
  if (name === "") reader.fail("A property name is empty.", childPointer(pointer, "property"));
  return { kind: "property", name };
}
