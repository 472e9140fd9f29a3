import type { BooleanExpression, NullableExpression } from "../ast.ts";
import { compileArrayPredicate } from "./compile-array.ts";
import {
  compileBetween,
  compileComparison,
  compileInList,
  compileLike,
} from "./compile-comparison.ts";
import { compileScalar } from "./compile-scalar.ts";
import { compileGeometry, compileSpatial } from "./compile-spatial.ts";
import { compileTemporal } from "./compile-temporal.ts";
import { type Compiler, createCompiler, quoteIdentifier } from "./compiler.ts";
import type { SqlContext, SqlFragment } from "./sql-context.ts";

/**
 * Compiles a filter to a PostgreSQL condition. Everything from the filter is a bound parameter with
 * an explicit type; only columns of the context appear by name. NULL follows SQL, as OGC 21-065r2,
 * 6.2 asks. The session's time zone must be UTC where columns have no time zone or no time.
 *
 * @throws Cql2Error with a pointer into the filter's CQL2 JSON.
 */
export function toSql(filter: BooleanExpression, context: SqlContext): SqlFragment {
  const compiler = createCompiler(context, compilePredicate);
  const text = compiler.predicate(filter, "");
  return { text, values: compiler.values };
}

function compilePredicate(compiler: Compiler, node: BooleanExpression, at: string): string {
  switch (node.kind) {
    case "and":
    case "or": {
      const args = node.args.map((arg, index) => compiler.predicate(arg, `${at}/args/${index}`));
      return `(${args.join(node.kind === "and" ? " AND " : " OR ")})`;
    }
    case "not":
      return `NOT (${compiler.predicate(node.arg, `${at}/args/0`)})`;
    case "comparison":
      return compileComparison(compiler, node, at);
    case "like":
      return compileLike(compiler, node, at);
    case "between":
      return compileBetween(compiler, node, at);
    case "in":
      return compileInList(compiler, node, at);
    case "isNull":
      return `${compileNullable(compiler, node.value, `${at}/args/0`)} IS NULL`;
    case "spatial":
      return compileSpatial(compiler, node, at);
    case "temporal":
      return compileTemporal(compiler, node, at);
    case "arrayPredicate":
      return compileArrayPredicate(compiler, node, at);
    case "function":
      return compiler.unsupportedFunction(node, at);
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
  }
}

function compileNullable(compiler: Compiler, node: NullableExpression, at: string): string {
  switch (node.kind) {
    case "property":
      return quoteIdentifier(compiler.column(node, at).column);
    case "string":
    case "number":
    case "date":
    case "timestamp":
    case "arithmetic":
    case "casei":
    case "accenti":
      return compileScalar(compiler, node, at);
    case "geometry":
    case "bbox":
      return compileGeometry(compiler, node, at);
    case "interval":
      return compiler.fail("unsupported-operand", "IS NULL cannot test an interval.", at);
    default:
      return `(${compiler.predicate(node, at)})`;
  }
}
