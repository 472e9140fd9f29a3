import type { BooleanExpression, Expression, FunctionCall, Property } from "../ast.ts";
import { Cql2Error, type Cql2ErrorCode } from "../cql2-error.ts";
import { STANDARD_FUNCTIONS } from "../operators.ts";
import { describeExpression } from "../roles.ts";
import { suggestName } from "../suggest-name.ts";
import type { PropertyColumn, SqlContext } from "./sql-context.ts";

/**
 * Shared by the functions that compile the parts of a filter. Positions are JSON pointers into CQL2
 * JSON.
 */
export interface Compiler {
  readonly context: SqlContext;
  readonly values: readonly string[];
  /**
   * Adds a parameter with its type: `$3::text`. Values are text, so that no driver rounds a number.
   */
  bind(value: string, type: SqlType): string;
  column(property: Property, at: string): PropertyColumn;
  /** Compiles a predicate. It is a parameter of the compiler, because predicates are nested. */
  predicate(node: BooleanExpression, at: string): string;
  unsupportedFunction(call: FunctionCall, at: string): never;
  fail(code: Cql2ErrorCode, message: string, at: string): never;
}

export type SqlType =
  | "text"
  | "bigint"
  | "numeric"
  | "boolean"
  | "date"
  | "timestamptz"
  | "time"
  | "uuid";

export function createCompiler(
  context: SqlContext,
  predicate: (compiler: Compiler, node: BooleanExpression, at: string) => string,
): Compiler {
  const values: string[] = [];
  const compiler: Compiler = {
    context,
    values,
    bind(value, type) {
      values.push(value);
      return `$${context.firstParameter + values.length - 1}::${type}`;
    },
    column({ name }, at) {
      const column = context.properties.get(name);
      if (column !== undefined) return column;
      const hint = suggestName(name, context.properties.keys());
      return compiler.fail("unknown-property", `There is no property "${name}".${hint}`, at);
    },
    predicate: (node, at) => predicate(compiler, node, at),
    unsupportedFunction({ name }, at) {
      const hint = suggestName(name, STANDARD_FUNCTIONS);
      return compiler.fail("unsupported-function", `There is no function "${name}".${hint}`, at);
    },
    fail(code, message, at) {
      throw new Cql2Error(code, message, { pointer: at });
    },
  };
  return compiler;
}

/** Quotes an identifier for PostgreSQL, which does not allow NUL. */
export function quoteIdentifier(name: string): string {
  if (name.includes("\0")) throw new TypeError("A column name contains the character NUL.");
  return `"${name.replaceAll('"', '""')}"`;
}

/** Describes an expression with its type for messages: `property "pop" (integer)`. */
export function describeOperand(compiler: Compiler, node: Expression, at: string): string {
  const words = describeExpression(node);
  return node.kind === "property" ? `${words} (${compiler.column(node, at).type})` : words;
}
