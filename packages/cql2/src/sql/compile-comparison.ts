import type {
  Between,
  Comparison,
  InList,
  Like,
  PatternExpression,
  ScalarExpression,
} from "../ast.ts";
import {
  type ComparableType,
  comparableTypeOf,
  compileCharacters,
  compileScalar,
  type LiteralTypes,
} from "./compile-scalar.ts";
import { type Compiler, describeOperand } from "./compiler.ts";
import { compareInstants, readInstantOperand } from "./instant.ts";

/** An operand and its JSON pointer. */
interface Operand {
  readonly node: ScalarExpression;
  readonly at: string;
}

/** `binaryComparisonPredicate` (OGC 21-065r2, 6.4). */
export function compileComparison(compiler: Compiler, node: Comparison, at: string): string {
  const left = { node: node.left, at: `${at}/args/0` };
  const right = { node: node.right, at: `${at}/args/1` };
  const type = commonType(compiler, [left, right]);
  if (type === "instant") return compareOperands(compiler, node.op, left, right);
  const literals = literalTypes(compiler, type, [left, right]);
  const [l, r] = [left, right].map(({ node: n, at: a }) => compileScalar(compiler, n, a, literals));
  return `${l} ${node.op} ${r}`;
}

/** `isInListPredicate` (OGC 21-065r2, 7.1.3). */
export function compileInList(compiler: Compiler, node: InList, at: string): string {
  const value = { node: node.value, at: `${at}/args/0` };
  const list = node.list.map((item, index) => ({ node: item, at: `${at}/args/1/${index}` }));
  const type = commonType(compiler, [value, ...list]);
  if (type === "instant") {
    const tests = list.map((item) => compareOperands(compiler, "=", value, item));
    return `(${tests.join(" OR ")})`;
  }
  const literals = literalTypes(compiler, type, [value, ...list]);
  const [sql, ...items] = [value, ...list].map((operand) =>
    compileScalar(compiler, operand.node, operand.at, literals),
  );
  return `${sql} IN (${items.join(", ")})`;
}

/** `isBetweenPredicate` (OGC 21-065r2, 7.1.2): numbers, both ends included. */
export function compileBetween(compiler: Compiler, node: Between, at: string): string {
  const operands = [node.value, node.lower, node.upper].map((operand, index) => ({
    node: operand,
    at: `${at}/args/${index}`,
  }));
  for (const operand of operands) {
    if (comparableTypeOf(compiler, operand.node, operand.at) === "number") continue;
    const found = describeOperand(compiler, operand.node, operand.at);
    const message = `BETWEEN takes numbers, not ${found}. Use >= and <= instead.`;
    compiler.fail("type-mismatch", message, operand.at);
  }
  const literals = literalTypes(compiler, "number", operands);
  const [value, lower, upper] = operands.map((operand) =>
    compileScalar(compiler, operand.node, operand.at, literals),
  );
  return `${value} BETWEEN ${lower} AND ${upper}`;
}

/** `isLikePredicate` (OGC 21-065r2, 7.1.1): `%`, `_` and the escape `\` are those of SQL. */
export function compileLike(compiler: Compiler, node: Like, at: string): string {
  const value = compileCharacters(compiler, node.value, `${at}/args/0`, "LIKE");
  const pattern = compileCharacters(compiler, node.pattern, `${at}/args/1`, "LIKE");
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(patternText(node.pattern))) {
    const message = "The pattern ends in the escape character \\, which escapes nothing.";
    compiler.fail("invalid-pattern", message, `${at}/args/1`);
  }
  return `${value} LIKE ${pattern} ESCAPE '\\'`;
}

function patternText(pattern: PatternExpression): string {
  return pattern.kind === "string" ? pattern.value : patternText(pattern.value);
}

function compareOperands(
  compiler: Compiler,
  op: Comparison["op"],
  left: Operand,
  right: Operand,
): string {
  const operands = [left, right].map(({ node, at }) => {
    // The types are checked before: all operands are instants.
    if (node.kind === "date" || node.kind === "timestamp" || node.kind === "property") {
      return readInstantOperand(compiler, node, at);
    }
    return compiler.fail("type-mismatch", "Expected an instant.", at);
  });
  return compareInstants(compiler, op, ...(operands as [never, never]));
}

/**
 * The type that all operands have in common. A string literal can be a UUID or a time of day, which have
 * no literals in CQL2. Nothing else is cast (OGC 21-065r2, 6.3.3 does not define casts).
 */
function commonType(compiler: Compiler, operands: readonly Operand[]): ComparableType {
  const types = operands.map(({ node, at }) => comparableTypeOf(compiler, node, at));
  const wanted = types.find((type) => type === "uuid" || type === "time") ?? types[0];
  for (const [index, type] of types.entries()) {
    const { node, at } = operands[index] as Operand;
    if (type === undefined) {
      const found = describeOperand(compiler, node, at);
      return compiler.fail("type-mismatch", `A comparison cannot take ${found}.`, at);
    }
    const adapts = node.kind === "string" && (wanted === "uuid" || wanted === "time");
    if (type === wanted || adapts) continue;
    const other = operands[types.indexOf(wanted)] as Operand;
    return failMismatch(compiler, other, { node, at }, [wanted, type]);
  }
  return wanted ?? compiler.fail("type-mismatch", "Nothing to compare.", "");
}

function failMismatch(
  compiler: Compiler,
  left: Operand,
  right: Operand,
  types: readonly (ComparableType | undefined)[],
): never {
  const [l, r] = [left, right].map(({ node, at }) => describeOperand(compiler, node, at));
  const dated = types.includes("instant") && types.includes("string");
  const hint = dated ? " Write DATE('…') or TIMESTAMP('…')." : "";
  return compiler.fail("type-mismatch", `Cannot compare ${l} with ${r}.${hint}`, right.at);
}

function literalTypes(
  compiler: Compiler,
  type: ComparableType,
  operands: readonly Operand[],
): LiteralTypes {
  const integer = operands.every(({ node, at }) => {
    if (node.kind === "property") return compiler.column(node, at).type === "integer";
    return node.kind === "number";
  });
  return { string: type === "uuid" || type === "time" ? type : "text", integer };
}
