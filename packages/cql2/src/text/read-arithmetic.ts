import type { Expression } from "../ast.ts";
import type { ArithmeticOperator } from "../operators.ts";
import { readPrimary } from "./read-primary.ts";
import type { TextReader } from "./reader.ts";
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

/** Reads `arithmeticExpression`, or a single value if no operator follows. */
export function readArithmetic(reader: TextReader): Expression {
  return readChain(reader, SUMS, () => readChain(reader, PRODUCTS, () => readPower(reader)));
}

function readChain(
  reader: TextReader,
  operators: ReadonlyMap<string, ArithmeticOperator>,
  operand: () => Expression,
): Expression {
  const at = reader.peek();
  let left = operand();
  for (;;) {
    const op = operators.get(reader.peek().keyword);
    if (op === undefined) return left;
    reader.next();
    left = combine(reader, op, left, at, operand);
  }
}

/** Reads `powerTerm` with one `^`. The grammar does not define how two of them group. */
function readPower(reader: TextReader): Expression {
  const at = reader.peek();
  const base = readFactor(reader);
  if (!reader.accept("^")) return base;
  const power = combine(reader, "^", base, at, () => readFactor(reader));
  if (reader.peek().keyword === "^") reader.fail("Write parentheses around one of the two powers.");
  return power;
}

/**
 * Reads `arithmeticFactor`. A sign belongs to a number; minus another value is a product with -1.
 */
function readFactor(reader: TextReader): Expression {
  const at = reader.peek();
  if (at.keyword !== "-" && at.keyword !== "+") return readPrimary(reader);
  reader.next();
  const next = reader.peek();
  if (next.type === "number") {
    reader.next();
    const text = at.keyword === "-" && next.text !== "0" ? `-${next.text}` : next.text;
    return reader.node(at, { kind: "number", text });
  }
  if (at.keyword === "+") reader.unexpected("a number after the sign +");
  const minusOne = reader.node(at, { kind: "number", text: "-1" } as const);
  return combine(reader, "*", minusOne, at, () => readPrimary(reader));
}

function combine(
  reader: TextReader,
  op: ArithmeticOperator,
  operand: Expression,
  at: Token,
  readRight: () => Expression,
): Expression {
  const left = reader.requireRole("numeric", operand, at);
  const rightAt = reader.peek();
  const right = reader.requireRole("numeric", readRight(), rightAt);
  return reader.node(at, { kind: "arithmetic", op, left, right });
}
