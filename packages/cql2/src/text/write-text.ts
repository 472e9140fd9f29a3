import type { Arithmetic, Expression, IntervalBound } from "../ast.ts";
import { invalidCharacterAt, isIdentifier } from "../characters.ts";
import { Cql2Error } from "../cql2-error.ts";
import { RESERVED_WORDS, upperCase } from "../operators.ts";
import { writeWkt } from "../wkt.ts";

/**
 * Converts a filter, or a part of it, to CQL2 text. `parseText` returns the same tree.
 *
 * @throws Cql2Error `not-expressible` for a string that ends in a backslash, because Annex B has no
 *   escape for it, and for characters that the grammar does not have
 */
export function toText(node: Expression): string {
  switch (node.kind) {
    case "and":
    case "or":
      return node.args.map(writeOperand).join(node.kind === "and" ? " AND " : " OR ");
    case "not":
      return `NOT ${writeOperand(node.arg)}`;
    case "comparison":
      return `${toText(node.left)} ${node.op} ${toText(node.right)}`;
    case "like":
      return `${toText(node.value)} LIKE ${toText(node.pattern)}`;
    case "between":
      return `${toText(node.value)} BETWEEN ${toText(node.lower)} AND ${toText(node.upper)}`;
    case "in":
      return `${toText(node.value)} IN (${writeAll(node.list)})`;
    case "isNull":
      return `${writeNullable(node.value)} IS NULL`;
    case "spatial":
    case "temporal":
    case "arrayPredicate":
      return `${node.op.toUpperCase()}(${toText(node.left)}, ${toText(node.right)})`;
    case "function":
      return `${node.name}(${writeAll(node.args)})`;
    case "array":
      return `(${writeAll(node.items)})`;
    case "arithmetic":
      return writeArithmetic(node);
    case "casei":
    case "accenti":
      return `${node.kind.toUpperCase()}(${toText(node.value)})`;
    case "property":
      return writeName(node.name);
    case "string":
      return writeString(node.value);
    case "number":
      return node.text;
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
    case "date":
    case "timestamp":
      return `${node.kind.toUpperCase()}('${node.value}')`;
    case "interval":
      return `INTERVAL(${writeBound(node.start)}, ${writeBound(node.end)})`;
    case "geometry":
      return writeWkt(node.geometry);
    case "bbox":
      return `BBOX(${node.bounds.join(", ")})`;
  }
}

function writeAll(nodes: readonly Expression[]): string {
  return nodes.map(toText).join(", ");
}

/** Parentheses distinguish `(a AND b) AND c` from `a AND b AND c`. */
function writeOperand(node: Expression): string {
  const compound = node.kind === "and" || node.kind === "or" || node.kind === "not";
  return compound ? `(${toText(node)})` : toText(node);
}

function writeNullable(node: Expression): string {
  const compound = ["and", "or", "not", "comparison", "like", "between", "in", "isNull"];
  return compound.includes(node.kind) ? `(${toText(node)})` : toText(node);
}

const PRECEDENCE = { "+": 1, "-": 1, "*": 2, "/": 2, "%": 2, div: 2, "^": 3 } as const;

/**
 * Operators are left-associative: an operator of equal precedence on the right needs parentheses.
 */
function writeArithmetic({ op, left, right }: Arithmetic): string {
  const binds = PRECEDENCE[op];
  const leftFrom = op === "^" ? binds + 1 : binds;
  return `${writeTerm(left, leftFrom)} ${op} ${writeTerm(right, binds + 1)}`;
}

function writeTerm(node: Expression, least: number): string {
  const loose = node.kind === "arithmetic" && PRECEDENCE[node.op] < least;
  return loose ? `(${toText(node)})` : toText(node);
}

function writeBound(bound: IntervalBound): string {
  if (bound.kind === "unbounded") return "'..'";
  return bound.kind === "date" || bound.kind === "timestamp" ? `'${bound.value}'` : toText(bound);
}

function writeName(name: string): string {
  if (isIdentifier(name) && !RESERVED_WORDS.has(upperCase(name))) return name;
  if (name === "" || invalidCharacterAt(name) >= 0) throw notExpressible("A property name");
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quote after a backslash is written `\'`, because `\''` would end the string. */
function writeString(value: string): string {
  if (value.endsWith("\\") || invalidCharacterAt(value) >= 0) throw notExpressible("A string");
  const escaped = value.replace(/(\\?)'/g, (_, backslash) => (backslash ? "\\\\'" : "''"));
  return `'${escaped}'`;
}

function notExpressible(what: string): Cql2Error {
  return new Cql2Error("not-expressible", `${what} of the filter cannot be written in CQL2 text.`);
}
