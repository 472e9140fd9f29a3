import type { Arithmetic, Folded, NumericExpression, Property, ScalarExpression } from "../ast.ts";
import { isBigint } from "../canonical-number.ts";
import { type Compiler, describeOperand, quoteIdentifier } from "./compiler.ts";

/** The types of scalars. Scalars of the same type can be compared with each other. */
export type ComparableType = "string" | "number" | "boolean" | "instant" | "time" | "uuid";

/** The type of an expression. Undefined for a column that CQL2 cannot compare. */
export function comparableTypeOf(
  compiler: Compiler,
  node: ScalarExpression,
  at: string,
): ComparableType | undefined {
  switch (node.kind) {
    case "string":
    case "casei":
    case "accenti":
      return "string";
    case "number":
    case "arithmetic":
      return "number";
    case "boolean":
      return "boolean";
    case "date":
    case "timestamp":
      return "instant";
    case "function":
      return compiler.unsupportedFunction(node, at);
    case "property": {
      const { type } = compiler.column(node, at);
      if (type === "integer") return "number";
      if (type === "date" || type === "datetime") return "instant";
      return type === "json" || type === "array" || type === "geometry" ? undefined : type;
    }
  }
}

/** The parameter types of literals, which depend on the other operands. */
export interface LiteralTypes {
  /** The type of strings. */
  readonly string: "text" | "time" | "uuid";
  /** True if integers become bigint, so that an index on an integer column can be used. */
  readonly integer: boolean;
}

const AS_WRITTEN: LiteralTypes = { string: "text", integer: false };

/** Compiles a scalar. Comparisons of instants use `compareInstants` instead. */
export function compileScalar(
  compiler: Compiler,
  node: ScalarExpression,
  at: string,
  literals: LiteralTypes = AS_WRITTEN,
): string {
  switch (node.kind) {
    case "string":
      return compileString(compiler, node.value, at, literals.string);
    case "number":
      return literals.integer && isBigint(node.text)
        ? compiler.bind(node.text, "bigint")
        : compiler.bind(node.text, "numeric");
    case "boolean":
      return compiler.bind(String(node.value), "boolean");
    case "date":
      return compiler.bind(node.value, "date");
    case "timestamp":
      return compiler.bind(node.value, "timestamptz");
    case "casei":
    case "accenti":
      return compileFolded(compiler, node, at);
    case "arithmetic":
      return compileArithmetic(compiler, node, at);
    case "function":
      return compiler.unsupportedFunction(node, at);
    case "property":
      return compileColumn(compiler, node, at);
  }
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/;

/** Refuses malformed strings, on which PostgreSQL would fail when it executes the query. */
function compileString(
  compiler: Compiler,
  value: string,
  at: string,
  type: "text" | "time" | "uuid",
): string {
  if (type === "uuid" && !UUID.test(value)) {
    compiler.fail("type-mismatch", "The string is not a UUID.", at);
  }
  if (type === "time" && !TIME.test(value)) {
    compiler.fail("type-mismatch", "The string is not a time of day (hh:mm:ss).", at);
  }
  return compiler.bind(value, type);
}

function compileColumn(compiler: Compiler, property: Property, at: string): string {
  const { column, asText } = compiler.column(property, at);
  return asText ? `${quoteIdentifier(column)}::text` : quoteIdentifier(column);
}

/** Compiles a string as text: the operand of LIKE, CASEI and ACCENTI. */
export function compileCharacters(
  compiler: Compiler,
  node: Folded["value"],
  at: string,
  operator: string,
): string {
  const family = comparableTypeOf(compiler, node, at);
  if (family === "uuid") return `${compileScalar(compiler, node, at)}::text`;
  if (family === "string") return compileScalar(compiler, node, at);
  const found = describeOperand(compiler, node, at);
  return compiler.fail("type-mismatch", `${operator} takes a string, not ${found}.`, at);
}

/** OGC 21-065r2, 7.2 and 7.3: the same folding on both sides of a comparison. */
function compileFolded(compiler: Compiler, node: Folded, at: string): string {
  if (node.kind === "accenti" && !compiler.context.functions.unaccent) {
    const message = "ACCENTI is not available: the database does not have the function unaccent.";
    return compiler.fail("unsupported-function", message, at);
  }
  const operator = node.kind === "casei" ? "CASEI" : "ACCENTI";
  const value = compileCharacters(compiler, node.value, `${at}/args/0`, operator);
  return node.kind === "casei" ? `lower(${value})` : `unaccent(${value})`;
}

/**
 * OGC 21-065r2, 7.9. Integers become numeric, so that `/` is not an integer division and sums do not
 * overflow. A division by zero results in NULL, so that a single row does not fail the query.
 */
function compileArithmetic(compiler: Compiler, node: Arithmetic, at: string): string {
  const { op } = node;
  // PostgreSQL has no % and div for doubles, and powers of numerics can take seconds.
  const type = op === "^" ? "float8" : op === "%" || op === "div" ? "numeric" : undefined;
  const left = compileTerm(compiler, node.left, `${at}/args/0`, type);
  const right = compileTerm(compiler, node.right, `${at}/args/1`, type);
  switch (op) {
    case "+":
    case "-":
    case "*":
      return `(${left} ${op} ${right})`;
    case "/":
    case "%":
      return `(${left} ${op} nullif(${right}, 0))`;
    case "div":
      return `div(${left}, nullif(${right}, 0))`;
    case "^":
      return `power(${left}, ${right})`;
  }
}

function compileTerm(
  compiler: Compiler,
  node: NumericExpression,
  at: string,
  type: "numeric" | "float8" | undefined,
): string {
  if (comparableTypeOf(compiler, node, at) !== "number") {
    const found = describeOperand(compiler, node, at);
    return compiler.fail("type-mismatch", `Arithmetic takes numbers, not ${found}.`, at);
  }
  const sql = compileScalar(compiler, node, at);
  const isInteger = node.kind === "property" && compiler.column(node, at).type === "integer";
  const cast = type ?? (isInteger ? "numeric" : undefined);
  const isAlready = node.kind === "number" && cast === "numeric";
  return cast === undefined || isAlready ? sql : `${sql}::${cast}`;
}
