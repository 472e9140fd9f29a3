import type { Expression } from "../ast.ts";
import type { ArithmeticOperator } from "../operators.ts";
import { readPrimary } from "./read-primary.ts";
import type { Reader } from "./reader.ts";
import type { Token } from "./token.ts";

const SUMS: ReadonlyMap<string, ArithmeticOperator> = new Map([
  ["+", "+"],
  ["-", "-"],
]);
const PRODUCTS: ReadonlyMap<string, ArithmeticOperator> = new Map([
  ["*", "*"],
  ["/", "/"],
  ["%", "%"],
  ["DIV", "div"],
]);

/** `arithmeticExpression`, or the value alone when no operator follows it. */
export function readArithmetic(reader: Reader): Expression {
  return readChain(reader, SUMS, () => readChain(reader, PRODUCTS, () => readPower(reader)));
}

function readChain(
  reader: Reader,
  operators: ReadonlyMap<string, ArithmeticOperator>,
  operand: () => Expression,
): Expression {
  const at = reader.peek();
  let left = operand();
  for (;;) {
    const op = operators.get(reader.peek().keyword);
    if (op === undefined) return left;
    reader.take();
    left = combine(reader, op, left, at, operand);
  }
}

/** `powerTerm` takes one `^`: the grammar leaves open which way two would group. */
function readPower(reader: Reader): Expression {
  const at = reader.peek();
  const base = readFactor(reader);
  if (!reader.accept("^")) return base;
  const power = combine(reader, "^", base, at, () => readFactor(reader));
  if (reader.peek().keyword === "^") reader.fail("Write parentheses around one of the two powers.");
  return power;
}

/** `arithmeticFactor`: a sign belongs to a number; minus anything else is a product with -1. */
function readFactor(reader: Reader): Expression {
  const at = reader.peek();
  if (at.keyword !== "-" && at.keyword !== "+") return readPrimary(reader);
  reader.take();
  const next = reader.peek();
  if (next.type === "number") {
    reader.take();
    const text = at.keyword === "-" && next.text !== "0" ? `-${next.text}` : next.text;
    return reader.node(at, { kind: "number", text });
  }
  if (at.keyword === "+") reader.unexpected("a number after the sign +");
  const minusOne = reader.node(at, { kind: "number", text: "-1" } as const);
  return combine(reader, "*", minusOne, at, () => readPrimary(reader));
}

function combine(
  reader: Reader,
  op: ArithmeticOperator,
  operand: Expression,
  at: Token,
  readRight: () => Expression,
): Expression {
  const left = reader.require("numeric", operand, at);
  const rightAt = reader.peek();
  const right = reader.require("numeric", readRight(), rightAt);
  return reader.node(at, { kind: "arithmetic", op, left, right });
}
