import type { Expression } from "../ast.ts";
import { RESERVED_WORDS } from "../operators.ts";
import { playsRole } from "../roles.ts";
import { readCall } from "./read-call.ts";
import { isGeometryStart, readGeometry } from "./read-geometry.ts";
import type { Reader } from "./reader.ts";

/** A literal, a property, something in parentheses, or a name with parentheses behind it. */
export function readPrimary(reader: Reader): Expression {
  const at = reader.peek();
  switch (at.type) {
    case "string":
      reader.take();
      return reader.node(at, { kind: "string", value: at.text });
    case "number":
      reader.take();
      return reader.node(at, { kind: "number", text: at.text });
    case "quoted":
      reader.take();
      if (reader.peek().keyword === "(") reader.fail("A function's name is not quoted.", at);
      return reader.node(at, { kind: "property", name: at.text });
    case "word":
      return readWord(reader);
    default:
      return at.keyword === "(" ? readParentheses(reader) : reader.unexpected("an expression");
  }
}

function readWord(reader: Reader): Expression {
  const at = reader.peek();
  if (at.keyword === "TRUE" || at.keyword === "FALSE") {
    reader.take();
    return reader.node(at, { kind: "boolean", value: at.keyword === "TRUE" });
  }
  if (RESERVED_WORDS.has(at.keyword)) {
    reader.fail(
      `Expected an expression, found the keyword ${at.text}. A property of that name is written "${at.text}".`,
    );
  }
  if (isGeometryStart(reader)) {
    reader.take();
    return reader.node(at, { kind: "geometry", geometry: readGeometry(reader, at) });
  }
  reader.take();
  if (reader.peek().keyword === "(") return readCall(reader, at);
  return reader.node(at, { kind: "property", name: at.text });
}

/** Parentheses group predicates and arithmetic; the grammar allows them around nothing else. */
function readParentheses(reader: Reader): Expression {
  const at = reader.expect("(");
  const inner = reader.nested();
  reader.expect(")");
  if (playsRole(inner, "boolean") || playsRole(inner, "numeric")) return inner;
  return reader.fail("Only predicates and arithmetic stand in parentheses here.", at);
}
