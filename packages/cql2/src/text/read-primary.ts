import type { Expression } from "../ast.ts";
import { RESERVED_WORDS } from "../operators.ts";
import { isAllowedInRole } from "../roles.ts";
import { readCall } from "./read-call.ts";
import { isGeometryStart, readGeometry } from "./read-geometry.ts";
import type { TextReader } from "./reader.ts";

/** Reads a literal, a property, an expression in parentheses, or a call. */
export function readPrimary(reader: TextReader): Expression {
  const at = reader.peek();
  switch (at.type) {
    case "string":
      reader.next();
      return reader.node(at, { kind: "string", value: at.text });
    case "number":
      reader.next();
      return reader.node(at, { kind: "number", text: at.text });
    case "quoted":
      reader.next();
      if (reader.peek().keyword === "(")
        reader.fail("The name of a function must not be quoted.", at);
      return reader.node(at, { kind: "property", name: at.text });
    case "word":
      return readWord(reader);
    default:
      return at.keyword === "(" ? readParentheses(reader) : reader.unexpected("an expression");
  }
}

function readWord(reader: TextReader): Expression {
  const at = reader.peek();
  if (at.keyword === "TRUE" || at.keyword === "FALSE") {
    reader.next();
    return reader.node(at, { kind: "boolean", value: at.keyword === "TRUE" });
  }
  if (RESERVED_WORDS.has(at.keyword)) {
    reader.fail(
      `Expected an expression, found the keyword ${at.text}. Write "${at.text}" for a property of that name.`,
    );
  }
  if (isGeometryStart(reader)) {
    reader.next();
    return reader.node(at, { kind: "geometry", geometry: readGeometry(reader, at) });
  }
  reader.next();
  if (reader.peek().keyword === "(") return readCall(reader, at);
  return reader.node(at, { kind: "property", name: at.text });
}

/**
 * Parentheses group predicates and arithmetic. The grammar does not allow them around other values.
 */
function readParentheses(reader: TextReader): Expression {
  const at = reader.expect("(");
  const inner = reader.readExpression();
  reader.expect(")");
  if (isAllowedInRole(inner, "boolean") || isAllowedInRole(inner, "numeric")) return inner;
  return reader.fail("Only predicates and arithmetic can be in parentheses here.", at);
}
