import type { BooleanExpression, Expression } from "../ast.ts";
import { readPredicate } from "./read-predicate.ts";
import type { Reader } from "./reader.ts";

/** `booleanExpression`, or a value where the grammar allows either. OR binds loosest. */
export function readExpression(reader: Reader): Expression {
  return readLogical(reader, "or", () => readLogical(reader, "and", () => readNot(reader)));
}

/** A run of one operator is one node, as in the JSON encoding: `a AND b AND c` has three args. */
function readLogical(reader: Reader, kind: "and" | "or", operand: () => Expression): Expression {
  const keyword = kind === "and" ? "AND" : "OR";
  const at = reader.peek();
  const left = operand();
  if (reader.peek().keyword !== keyword) return left;
  const first = reader.require("boolean", left, at);
  const more: BooleanExpression[] = [];
  while (reader.accept(keyword)) {
    const next = reader.peek();
    more.push(reader.require("boolean", operand(), next));
  }
  const [second, ...rest] = more as [BooleanExpression, ...BooleanExpression[]];
  return reader.node(at, { kind, args: [first, second, ...rest] });
}

/** `booleanFactor`: one NOT, then a predicate or parentheses. */
function readNot(reader: Reader): Expression {
  const at = reader.peek();
  if (!reader.accept("NOT")) return readPredicate(reader);
  const operand = reader.peek();
  if (operand.keyword === "NOT") reader.unexpected("a predicate after NOT, or NOT (NOT …)");
  const arg = reader.require("boolean", readPredicate(reader), operand);
  return reader.node(at, { kind: "not", arg });
}
