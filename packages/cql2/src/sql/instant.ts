import type { FunctionCall, InstantLiteral, Property, Unbounded } from "../ast.ts";
import { dayAfter } from "../calendar.ts";
import type { ComparisonOperator } from "../operators.ts";
import { type Compiler, describeOperand, quoteIdentifier } from "./compiler.ts";

/** A point in time for SQL, or the open end of an interval. */
export type Instant =
  | { readonly form: "literal"; readonly precision: Precision; readonly value: string }
  | { readonly form: "column"; readonly precision: Precision; readonly sql: string }
  | { readonly form: "unbounded"; readonly sign: -1 | 1 };

type Bounded = Exclude<Instant, { form: "unbounded" }>;
type Precision = "date" | "datetime";

const SQL_TYPES = { date: "date", datetime: "timestamptz" } as const;

export function readInstantOperand(
  compiler: Compiler,
  node: InstantLiteral | Property | FunctionCall,
  at: string,
): Bounded {
  switch (node.kind) {
    case "date":
      return { form: "literal", precision: "date", value: node.value };
    case "timestamp":
      return { form: "literal", precision: "datetime", value: node.value };
    case "function":
      return compiler.unsupportedFunction(node, at);
    case "property": {
      const { column, type } = compiler.column(node, at);
      if (type === "date" || type === "datetime") {
        return { form: "column", precision: type, sql: quoteIdentifier(column) };
      }
      const found = describeOperand(compiler, node, at);
      return compiler.fail("type-mismatch", `Expected a date or timestamp, found ${found}.`, at);
    }
  }
}

/** `'..'` at the start of an interval is before all instants, and at its end after all instants. */
export function readBoundOperand(
  compiler: Compiler,
  node: InstantLiteral | Property | FunctionCall | Unbounded,
  at: string,
  sign: -1 | 1,
): Instant {
  return node.kind === "unbounded"
    ? { form: "unbounded", sign }
    : readInstantOperand(compiler, node, at);
}

/**
 * Compares two instants at the coarser of their precisions, in UTC: a timestamp equals a date if it is
 * on that day. (OGC 21-065r2, 6.3.1 defines the two granularities; 6.3.3 and 7.6.3 do not define how
 * they compare.) If possible, the literal is converted instead of the column, so that an index serves.
 */
export function compareInstants(
  compiler: Compiler,
  op: ComparisonOperator,
  left: Instant,
  right: Instant,
): string {
  if (left.form === "unbounded") {
    return right.form === "unbounded"
      ? compareSigns(op, left.sign, right.sign)
      : compareInstants(compiler, FLIPPED[op], right, left);
  }
  if (right.form === "unbounded") {
    const infinity = right.sign < 0 ? "-infinity" : "infinity";
    return `${write(compiler, left)} ${op} '${infinity}'::${SQL_TYPES[left.precision]}`;
  }
  if (left.precision === right.precision) {
    return `${write(compiler, left)} ${op} ${write(compiler, right)}`;
  }
  return left.precision === "datetime"
    ? compareWithDay(compiler, op, left, right)
    : compareWithDay(compiler, FLIPPED[op], right, left);
}

const FLIPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "=": "=",
  "<>": "<>",
  "<": ">",
  ">": "<",
  "<=": ">=",
  ">=": "<=",
};

function compareWithDay(
  compiler: Compiler,
  op: ComparisonOperator,
  time: Bounded,
  day: Bounded,
): string {
  if (time.form === "literal") {
    const dayOfTime = compiler.bind(time.value.slice(0, 10), "date");
    return `${dayOfTime} ${op} ${write(compiler, day)}`;
  }
  if (day.form === "column") return `${time.sql}::date ${op} ${day.sql}`;
  const start = () => compiler.bind(`${day.value}T00:00:00Z`, "timestamptz");
  const next = () => compiler.bind(`${dayAfter(day.value)}T00:00:00Z`, "timestamptz");
  switch (op) {
    case "=":
      return `(${time.sql} >= ${start()} AND ${time.sql} < ${next()})`;
    case "<>":
      return `(${time.sql} < ${start()} OR ${time.sql} >= ${next()})`;
    case "<":
    case ">=":
      return `${time.sql} ${op} ${start()}`;
    case ">":
      return `${time.sql} >= ${next()}`;
    case "<=":
      return `${time.sql} < ${next()}`;
  }
}

function write(compiler: Compiler, instant: Bounded): string {
  if (instant.form === "column") return instant.sql;
  return compiler.bind(instant.value, SQL_TYPES[instant.precision]);
}

function compareSigns(op: ComparisonOperator, left: number, right: number): string {
  const holds = {
    "=": left === right,
    "<>": left !== right,
    "<": left < right,
    ">": left > right,
    "<=": left <= right,
    ">=": left >= right,
  }[op];
  return holds ? "TRUE" : "FALSE";
}
