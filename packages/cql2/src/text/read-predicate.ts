import type { BooleanExpression, Expression, ScalarExpression } from "../ast.ts";
import { isComparisonOperator } from "../operators.ts";
import { readArithmetic } from "./read-arithmetic.ts";
import type { Reader } from "./reader.ts";
import type { Token } from "./token.ts";

/** `comparisonPredicate`, or the value alone when no operator follows it. */
export function readPredicate(reader: Reader): Expression {
  const at = reader.peek();
  const value = readArithmetic(reader);
  const { keyword } = reader.peek();
  if (isComparisonOperator(keyword)) {
    const left = reader.require("scalar", value, at);
    reader.take();
    const rightAt = reader.peek();
    const right = reader.require("scalar", readArithmetic(reader), rightAt);
    return reader.node(at, { kind: "comparison", op: keyword, left, right });
  }
  if (keyword === "IS") return readIsNull(reader, value, at);
  const negated = reader.accept("NOT");
  const predicate = readListedPredicate(reader, value, at);
  if (predicate === undefined) {
    return negated ? reader.unexpected("LIKE, BETWEEN or IN") : value;
  }
  return negated ? reader.node(at, { kind: "not", arg: predicate }) : predicate;
}

function readIsNull(reader: Reader, operand: Expression, at: Token): Expression {
  reader.expect("IS");
  const negated = reader.accept("NOT");
  reader.expect("NULL");
  const value = reader.require("nullable", operand, at);
  const predicate = reader.node(at, { kind: "isNull", value });
  return negated ? reader.node(at, { kind: "not", arg: predicate }) : predicate;
}

/** The predicates that may be written with NOT before their keyword. */
function readListedPredicate(
  reader: Reader,
  operand: Expression,
  at: Token,
): BooleanExpression | undefined {
  if (reader.accept("LIKE")) {
    const value = reader.require("character", operand, at);
    const patternAt = reader.peek();
    const pattern = reader.require("pattern", readArithmetic(reader), patternAt);
    return reader.node(at, { kind: "like", value, pattern });
  }
  if (reader.accept("BETWEEN")) {
    const value = reader.require("numeric", operand, at);
    const lowerAt = reader.peek();
    const lower = reader.require("numeric", readArithmetic(reader), lowerAt);
    reader.expect("AND");
    const upperAt = reader.peek();
    const upper = reader.require("numeric", readArithmetic(reader), upperAt);
    return reader.node(at, { kind: "between", value, lower, upper });
  }
  if (reader.accept("IN")) {
    const value = reader.require("scalar", operand, at);
    return reader.node(at, { kind: "in", value, list: readList(reader) });
  }
  return undefined;
}

function readList(reader: Reader): readonly [ScalarExpression, ...ScalarExpression[]] {
  const item = () => {
    const at = reader.peek();
    return reader.require("scalar", readArithmetic(reader), at);
  };
  reader.expect("(");
  const list: [ScalarExpression, ...ScalarExpression[]] = [item()];
  while (reader.accept(",")) list.push(item());
  reader.expect(")");
  return list;
}
