import type { ArrayLiteral, Expression, IntervalBound } from "../ast.ts";
import { canonicalTimestamp, isDate } from "../calendar.ts";
import {
  isReservedFunction,
  PREDICATE_KEYWORDS,
  type PredicateOperator,
  STANDARD_FUNCTIONS,
} from "../operators.ts";
import { suggestName } from "../suggest-name.ts";
import { readSignedNumber } from "./read-geometry.ts";
import type { TextReader } from "./reader.ts";
import type { Token } from "./token.ts";

/** Reads a name with parentheses: a predicate, a literal or a function. */
export function readCall(reader: TextReader, name: Token): Expression {
  const predicate = PREDICATE_KEYWORDS.get(name.keyword);
  if (predicate !== undefined) return readBinaryPredicate(reader, name, predicate);
  switch (name.keyword) {
    case "CASEI":
    case "ACCENTI":
      return readFolded(reader, name, name.keyword === "CASEI" ? "casei" : "accenti");
    case "DATE":
    case "TIMESTAMP":
      return readInstant(reader, name, name.keyword === "DATE" ? "date" : "timestamp");
    case "INTERVAL":
      return readInterval(reader, name);
    case "BBOX":
      return readBoundingBox(reader, name);
  }
  if (isReservedFunction(name.text)) {
    const hint = suggestName(name.text, STANDARD_FUNCTIONS);
    reader.fail(`${name.text} is not the name of a function.${hint}`, name);
  }
  return reader.node(name, { kind: "function", name: name.text, args: readArguments(reader) });
}

/** Reads `spatialPredicate`, `temporalPredicate` and `arrayPredicate`. */
function readBinaryPredicate(
  reader: TextReader,
  name: Token,
  predicate: PredicateOperator,
): Expression {
  reader.expect("(");
  const leftAt = reader.peek();
  const left = readArgument(reader);
  reader.expect(",");
  const rightAt = reader.peek();
  const right = readArgument(reader);
  reader.expect(")");
  switch (predicate.kind) {
    case "spatial":
      return reader.node(name, {
        ...predicate,
        left: reader.requireRole("geometry", left, leftAt),
        right: reader.requireRole("geometry", right, rightAt),
      });
    case "temporal":
      return reader.node(name, {
        ...predicate,
        left: reader.requireRole("temporal", left, leftAt),
        right: reader.requireRole("temporal", right, rightAt),
      });
    case "arrayPredicate":
      return reader.node(name, {
        ...predicate,
        left: reader.requireRole("array", left, leftAt),
        right: reader.requireRole("array", right, rightAt),
      });
  }
}

function readFolded(reader: TextReader, name: Token, kind: "casei" | "accenti"): Expression {
  reader.expect("(");
  const at = reader.peek();
  const value = reader.requireRole("character", reader.readExpression(), at);
  reader.expect(")");
  return reader.node(name, { kind, value });
}

function readInstant(reader: TextReader, name: Token, kind: "date" | "timestamp"): Expression {
  reader.expect("(");
  const bound = readBound(reader);
  if (bound.kind !== kind) {
    const form = kind === "date" ? "'YYYY-MM-DD'" : "'YYYY-MM-DDThh:mm:ssZ'";
    return reader.fail(`${name.text} takes ${form}.`, name, "invalid-instant");
  }
  reader.expect(")");
  return reader.node(name, bound);
}

function readInterval(reader: TextReader, name: Token): Expression {
  reader.expect("(");
  const start = readBound(reader);
  reader.expect(",");
  const end = readBound(reader);
  reader.expect(")");
  return reader.node(name, { kind: "interval", start, end });
}

/** Reads `instantParameter`: a date or timestamp in quotes, `'..'`, a property or a function. */
function readBound(reader: TextReader): IntervalBound {
  const at = reader.peek();
  if (at.type !== "string") {
    const value = reader.readExpression();
    if (value.kind === "property" || value.kind === "function") return value;
    return reader.fail("Expected a date or timestamp in quotes, '..', a property or function.", at);
  }
  reader.next();
  if (at.text === "..") return { kind: "unbounded" };
  if (isDate(at.text)) return { kind: "date", value: at.text };
  const timestamp = canonicalTimestamp(at.text);
  if (timestamp !== undefined) return { kind: "timestamp", value: timestamp };
  const message =
    "Not a date (YYYY-MM-DD) or a timestamp in UTC (YYYY-MM-DDThh:mm:ssZ, to microseconds).";
  return reader.fail(message, at, "invalid-instant");
}

function readBoundingBox(reader: TextReader, name: Token): Expression {
  reader.expect("(");
  const bounds = [readSignedNumber(reader)];
  while (reader.accept(",")) bounds.push(readSignedNumber(reader));
  reader.expect(")");
  if (bounds.length !== 4 && bounds.length !== 6) {
    reader.fail("BBOX takes four or six numbers.", name, "invalid-geometry");
  }
  return reader.node(name, { kind: "bbox", bounds });
}

function readArguments(reader: TextReader): readonly Expression[] {
  reader.expect("(");
  if (reader.accept(")")) return [];
  const args = [readArgument(reader)];
  while (reader.accept(",")) args.push(readArgument(reader));
  reader.expect(")");
  return args;
}

/**
 * Reads an argument or an array element. `arrayExpression` takes precedence: parentheses around a whole
 * argument are an array. `f((a))` has an array of one element, and `f((a)+1)` has a sum.
 */
function readArgument(reader: TextReader): Expression {
  const at = reader.peek();
  if (at.keyword !== "(") return reader.readExpression();
  const following = reader.tokenAfter(at.closedBy ?? -1).keyword;
  if (following !== "," && following !== ")") return reader.readExpression();
  const array: ArrayLiteral = { kind: "array", items: readArguments(reader) };
  return reader.node(at, array);
}
