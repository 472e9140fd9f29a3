import type { BooleanExpression, Expression, ScalarExpression } from "../ast.ts";
import { isIdentifier } from "../characters.ts";
import {
  isArithmeticOperator,
  isComparisonOperator,
  isReservedFunction,
  PREDICATE_OPERATORS,
  type PredicateOperator,
} from "../operators.ts";
import { childPointer, type JsonObject, type JsonReader } from "./reader.ts";

/** The arguments of an operation with their JSON pointers. */
interface Arguments {
  readonly values: readonly unknown[];
  readonly pointer: (index: number) => string;
}

/** An object with `op` and `args`: an operator of the standard, or a function. */
export function readOperation(reader: JsonReader, object: JsonObject, pointer: string): Expression {
  reader.onlyMembers(object, pointer, ["op", "args"]);
  const op = reader.string(object.op, childPointer(pointer, "op"));
  const argsPointer = childPointer(pointer, "args");
  const take = (least: number, most?: number): Arguments => ({
    values: reader.array(object.args, argsPointer, least, most),
    pointer: (index) => childPointer(argsPointer, index),
  });

  if (op === "and" || op === "or") return readLogical(reader, op, take(2));
  if (isComparisonOperator(op)) {
    return { kind: "comparison", op, ...readOperands(reader, "scalar", take(2, 2)) };
  }
  if (isArithmeticOperator(op)) {
    return { kind: "arithmetic", op, ...readOperands(reader, "numeric", take(2, 2)) };
  }
  const predicate = PREDICATE_OPERATORS.get(op);
  if (predicate !== undefined) return readPredicate(reader, predicate, take(2, 2));
  switch (op) {
    case "not":
      return { kind: "not", arg: readOnly(reader, "boolean", take(1, 1)) };
    case "isNull":
      return { kind: "isNull", value: readOnly(reader, "nullable", take(1, 1)) };
    case "casei":
    case "accenti":
      return { kind: op, value: readOnly(reader, "character", take(1, 1)) };
    case "like":
      return readLike(reader, take(2, 2));
    case "between":
      return readBetween(reader, take(3, 3));
    case "in":
      return readInList(reader, take(2, 2));
  }
  if (!isIdentifier(op) || isReservedFunction(op)) {
    const shown = op.length > 32 ? `${op.slice(0, 32)}…` : op;
    const message = `"${shown}" is neither an operator (they are case-sensitive) nor a function name.`;
    return reader.fail(message, childPointer(pointer, "op"));
  }
  const { values, pointer: at } = take(0);
  const args = values.map((value, index) => reader.expression(value, at(index)));
  return { kind: "function", name: op, args };
}

function readLogical(reader: JsonReader, kind: "and" | "or", { values, pointer }: Arguments) {
  const args = values.map((value, index) => reader.inRole("boolean", value, pointer(index)));
  return {
    kind,
    args: args as [BooleanExpression, BooleanExpression, ...BooleanExpression[]],
  } as const;
}

function readOnly<R extends "boolean" | "nullable" | "character">(
  reader: JsonReader,
  role: R,
  { values, pointer }: Arguments,
) {
  return reader.inRole(role, values[0], pointer(0));
}

function readOperands<R extends "scalar" | "numeric" | "geometry" | "temporal" | "array">(
  reader: JsonReader,
  role: R,
  { values, pointer }: Arguments,
) {
  return {
    left: reader.inRole(role, values[0], pointer(0)),
    right: reader.inRole(role, values[1], pointer(1)),
  };
}

function readPredicate(
  reader: JsonReader,
  predicate: PredicateOperator,
  args: Arguments,
): Expression {
  switch (predicate.kind) {
    case "spatial":
      return { ...predicate, ...readOperands(reader, "geometry", args) };
    case "temporal":
      return { ...predicate, ...readOperands(reader, "temporal", args) };
    case "arrayPredicate":
      return { ...predicate, ...readOperands(reader, "array", args) };
  }
}

function readLike(reader: JsonReader, { values, pointer }: Arguments): Expression {
  return {
    kind: "like",
    value: reader.inRole("character", values[0], pointer(0)),
    pattern: reader.inRole("pattern", values[1], pointer(1)),
  };
}

function readBetween(reader: JsonReader, { values, pointer }: Arguments): Expression {
  return {
    kind: "between",
    value: reader.inRole("numeric", values[0], pointer(0)),
    lower: reader.inRole("numeric", values[1], pointer(1)),
    upper: reader.inRole("numeric", values[2], pointer(2)),
  };
}

/** An empty list is refused. The JSON schema allows it, but text cannot express it. */
function readInList(reader: JsonReader, { values, pointer }: Arguments): Expression {
  const value = reader.inRole("scalar", values[0], pointer(0));
  const items = reader.array(values[1], pointer(1), 1);
  const list = items.map((item, index) =>
    reader.inRole("scalar", item, childPointer(pointer(1), index)),
  );
  return { kind: "in", value, list: list as [ScalarExpression, ...ScalarExpression[]] };
}
