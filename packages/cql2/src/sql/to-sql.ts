import type { BooleanExpression, NullableExpression } from "../ast.ts";
import { compileArrayPredicate } from "./compile-array.ts";
import {
  compileBetween,
  compileComparison,
  compileInList,
  compileLike,
} from "./compile-comparison.ts";
import { compileScalar } from "./compile-scalar.ts";
import {
  compileBoundingBoxTest,
  compileGeometry,
  compileSpatial,
  hasBoundingBoxTest,
} from "./compile-spatial.ts";
import { compileTemporal } from "./compile-temporal.ts";
import { type Compiler, createCompiler, quoteIdentifier } from "./compiler.ts";
import { isErrorFree } from "./error-free.ts";
import type { SplitSqlFragment, SqlContext, SqlFragment } from "./sql-context.ts";

/**
 * Compiles a filter to a PostgreSQL condition. All values of the filter are bound parameters with an
 * explicit type; only columns of the context appear by name. NULL has the semantics of SQL, as OGC
 * 21-065r2, 6.2 requires. If columns have no time zone or no time, the session must use UTC.
 *
 * @throws Cql2Error with a pointer into the filter's CQL2 JSON.
 */
export function toSql(filter: BooleanExpression, context: SqlContext): SqlFragment {
  const compiler = createCompiler(context, compilePredicate);
  const text = compiler.predicate(filter, "");
  return { text, values: compiler.values };
}

/**
 * Compiles a filter like `toSql`, and separates the conditions that may raise an error on some rows
 * from those that cannot. A caller that must not evaluate the filter on certain rows can then fence
 * the fallible conditions and leave the others where an index serves them. Spatial predicates are
 * fallible; their bounding boxes are compared by prefilters.
 *
 * @throws Cql2Error with a pointer into the filter's CQL2 JSON.
 */
export function toSplitSql(filter: BooleanExpression, context: SqlContext): SplitSqlFragment {
  const compiler = createCompiler(context, compilePredicate);
  const errorFree: string[] = [];
  const prefilters: string[] = [];
  const fallible: string[] = [];
  for (const { node, at } of conjuncts(filter, "")) {
    const sql = compiler.predicate(node, at);
    if (isErrorFree(node, context.properties)) {
      errorFree.push(sql);
    } else {
      if (hasPrefilter(node, context.properties)) {
        prefilters.push(compilePrefilter(compiler, node, at));
      }
      fallible.push(sql);
    }
  }
  return { errorFree, prefilters, fallible, values: compiler.values };
}

interface Conjunct {
  readonly node: BooleanExpression;
  readonly at: string;
}

/** The conditions that AND joins at the top of a filter, with their places. */
function conjuncts(node: BooleanExpression, at: string): Conjunct[] {
  return node.kind === "and"
    ? node.args.flatMap((arg, index) => conjuncts(arg, `${at}/args/${index}`))
    : [{ node, at }];
}

/**
 * True if there is an error-free condition that holds for every row that the filter selects, and that
 * an index can serve.
 */
function hasPrefilter(node: BooleanExpression, properties: SqlContext["properties"]): boolean {
  if (isErrorFree(node, properties)) return true;
  switch (node.kind) {
    case "spatial":
      return hasBoundingBoxTest(node);
    case "and":
      return node.args.some((arg) => hasPrefilter(arg, properties));
    case "or":
      return node.args.every((arg) => hasPrefilter(arg, properties));
    default:
      return false;
  }
}

/** The condition of a filter that has one; see `hasPrefilter`. */
function compilePrefilter(compiler: Compiler, node: BooleanExpression, at: string): string {
  const { properties } = compiler.context;
  if (node.kind === "spatial") return compileBoundingBoxTest(compiler, node, at);
  if (isErrorFree(node, properties) || (node.kind !== "and" && node.kind !== "or")) {
    return compiler.predicate(node, at);
  }
  // An operand without a prefilter is not compiled: its parameters would be bound, but never used.
  const parts = node.args.flatMap((arg, index) =>
    hasPrefilter(arg, properties) ? [compilePrefilter(compiler, arg, `${at}/args/${index}`)] : [],
  );
  return `(${parts.join(node.kind === "and" ? " AND " : " OR ")})`;
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
