import type { BooleanExpression, Expression } from "../ast.ts";
import { readPredicate } from "./read-predicate.ts";
import type { TextReader } from "./reader.ts";

/**
 * Reads `booleanExpression`, or a value if the grammar allows both. OR has the lowest precedence.
 */
export function readExpression(reader: TextReader): Expression {
  return readLogical(reader, "or", () => readLogical(reader, "and", () => readNot(reader)));
}

/** A chain of one operator is one node, as in JSON: `a AND b AND c` has three args. */
function readLogical(
  reader: TextReader,
  kind: "and" | "or",
  operand: () => Expression,
): Expression {
  const keyword = kind === "and" ? "AND" : "OR";
  const at = reader.peek();
  const left = operand();
  if (reader.peek().keyword !== keyword) return left;
  const first = reader.requireRole("boolean", left, at);
  const more: BooleanExpression[] = [];
  while (reader.accept(keyword)) {
    const next = reader.peek();
    more.push(reader.requireRole("boolean", operand(), next));
  }
  const [second, ...rest] = more as [BooleanExpression, ...BooleanExpression[]];
  return reader.node(at, { kind, args: [first, second, ...rest] });
}

/** Reads `booleanFactor`: at most one NOT, then a predicate or parentheses. */
function readNot(reader: TextReader): Expression {
  const at = reader.peek();
  if (!reader.accept("NOT")) return readPredicate(reader);
  const operand = reader.peek();
  if (operand.keyword === "NOT") reader.unexpected("a predicate after NOT, or NOT (NOT …)");
  const arg = reader.requireRole("boolean", readPredicate(reader), operand);
  return reader.node(at, { kind: "not", arg });
}
