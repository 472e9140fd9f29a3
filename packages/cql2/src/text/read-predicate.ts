import type { BooleanExpression, Expression, ScalarExpression } from "../ast.ts";
import { isComparisonOperator } from "../operators.ts";
import { readArithmetic } from "./read-arithmetic.ts";
import type { TextReader } from "./reader.ts";
import type { Token } from "./token.ts";

/** Reads `comparisonPredicate`, or a single value if no operator follows. */
export function readPredicate(reader: TextReader): Expression {
  const at = reader.peek();
  const value = readArithmetic(reader);
  const { keyword } = reader.peek();
  if (isComparisonOperator(keyword)) {
    const left = reader.requireRole("scalar", value, at);
    reader.next();
    const rightAt = reader.peek();
    const right = reader.requireRole("scalar", readArithmetic(reader), rightAt);
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

function readIsNull(reader: TextReader, operand: Expression, at: Token): Expression {
  reader.expect("IS");
  const negated = reader.accept("NOT");
  reader.expect("NULL");
  const value = reader.requireRole("nullable", operand, at);
  const predicate = reader.node(at, { kind: "isNull", value });
  return negated ? reader.node(at, { kind: "not", arg: predicate }) : predicate;
}

/** Reads the predicates whose keyword can follow NOT. */
function readListedPredicate(
  reader: TextReader,
  operand: Expression,
  at: Token,
): BooleanExpression | undefined {
  if (reader.accept("LIKE")) {
    const value = reader.requireRole("character", operand, at);
    const patternAt = reader.peek();
    const pattern = reader.requireRole("pattern", readArithmetic(reader), patternAt);
    return reader.node(at, { kind: "like", value, pattern });
  }
  if (reader.accept("BETWEEN")) {
    const value = reader.requireRole("numeric", operand, at);
    const lowerAt = reader.peek();
    const lower = reader.requireRole("numeric", readArithmetic(reader), lowerAt);
    reader.expect("AND");
    const upperAt = reader.peek();
    const upper = reader.requireRole("numeric", readArithmetic(reader), upperAt);
    return reader.node(at, { kind: "between", value, lower, upper });
  }
  if (reader.accept("IN")) {
    const value = reader.requireRole("scalar", operand, at);
    return reader.node(at, { kind: "in", value, list: readList(reader) });
  }
  return undefined;
}

function readList(reader: TextReader): readonly [ScalarExpression, ...ScalarExpression[]] {
  const item = () => {
    const at = reader.peek();
    return reader.requireRole("scalar", readArithmetic(reader), at);
  };
  reader.expect("(");
  const list: [ScalarExpression, ...ScalarExpression[]] = [item()];
  while (reader.accept(",")) list.push(item());
  reader.expect(")");
  return list;
}
