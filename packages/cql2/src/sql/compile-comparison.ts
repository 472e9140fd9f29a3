import type {
  Between,
  Comparison,
  InList,
  Like,
  PatternExpression,
  ScalarExpression,
} from "../ast.ts";
import {
  compileCharacters,
  compileScalar,
  type Family,
  familyOf,
  type LiteralTypes,
} from "./compile-scalar.ts";
import { type Compiler, describeOperand } from "./compiler.ts";
import { compareInstants, readInstantOperand } from "./instant.ts";

/** An operand and its place. */
interface Operand {
  readonly node: ScalarExpression;
  readonly at: string;
}

/** `binaryComparisonPredicate` (OGC 21-065r2, 6.4). */
export function compileComparison(compiler: Compiler, node: Comparison, at: string): string {
  const left = { node: node.left, at: `${at}/args/0` };
  const right = { node: node.right, at: `${at}/args/1` };
  const family = commonFamily(compiler, [left, right]);
  if (family === "instant") return compareOperands(compiler, node.op, left, right);
  const literals = literalTypes(compiler, family, [left, right]);
  const [l, r] = [left, right].map(({ node: n, at: a }) => compileScalar(compiler, n, a, literals));
  return `${l} ${node.op} ${r}`;
}

/** `isInListPredicate` (OGC 21-065r2, 7.1.3). */
export function compileInList(compiler: Compiler, node: InList, at: string): string {
  const value = { node: node.value, at: `${at}/args/0` };
  const list = node.list.map((item, index) => ({ node: item, at: `${at}/args/1/${index}` }));
  const family = commonFamily(compiler, [value, ...list]);
  if (family === "instant") {
    const tests = list.map((item) => compareOperands(compiler, "=", value, item));
    return `(${tests.join(" OR ")})`;
  }
  const literals = literalTypes(compiler, family, [value, ...list]);
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
    if (familyOf(compiler, operand.node, operand.at) === "number") continue;
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
    // The family has been checked: nothing but instants comes here.
    if (node.kind === "date" || node.kind === "timestamp" || node.kind === "property") {
      return readInstantOperand(compiler, node, at);
    }
    return compiler.fail("type-mismatch", "Expected an instant.", at);
  });
  return compareInstants(compiler, op, ...(operands as [never, never]));
}

/**
 * The family that all operands share. A string literal may stand for a UUID or a time of day, which
 * have no literals of their own; nothing else is cast (OGC 21-065r2, 6.3.3 leaves casts open).
 */
function commonFamily(compiler: Compiler, operands: readonly Operand[]): Family {
  const families = operands.map(({ node, at }) => familyOf(compiler, node, at));
  const wanted = families.find((family) => family === "uuid" || family === "time") ?? families[0];
  for (const [index, family] of families.entries()) {
    const { node, at } = operands[index] as Operand;
    if (family === undefined) {
      const found = describeOperand(compiler, node, at);
      return compiler.fail("type-mismatch", `A comparison cannot take ${found}.`, at);
    }
    const adapts = node.kind === "string" && (wanted === "uuid" || wanted === "time");
    if (family === wanted || adapts) continue;
    const other = operands[families.indexOf(wanted)] as Operand;
    return failMismatch(compiler, other, { node, at }, [wanted, family]);
  }
  return wanted ?? compiler.fail("type-mismatch", "Nothing to compare.", "");
}

function failMismatch(
  compiler: Compiler,
  left: Operand,
  right: Operand,
  families: readonly (Family | undefined)[],
): never {
  const [l, r] = [left, right].map(({ node, at }) => describeOperand(compiler, node, at));
  const dated = families.includes("instant") && families.includes("string");
  const hint = dated ? " Write DATE('…') or TIMESTAMP('…')." : "";
  return compiler.fail("type-mismatch", `Cannot compare ${l} with ${r}.${hint}`, right.at);
}

function literalTypes(
  compiler: Compiler,
  family: Family,
  operands: readonly Operand[],
): LiteralTypes {
  const integer = operands.every(({ node, at }) => {
    if (node.kind === "property") return compiler.column(node, at).type === "integer";
    return node.kind === "number";
  });
  return { string: family === "uuid" || family === "time" ? family : "text", integer };
}
