import type { BooleanExpression, NumericExpression, ScalarExpression } from "../src/ast.ts";

/** A row as the oracle sees it; null is an absent value. */
export type SampleRow = Readonly<Record<string, number | string | boolean | null>>;

/**
 * Whether a filter holds for a row, in the logic of three values that OGC 21-065r2, 6.2 takes from
 * SQL: null is unknown. Written from the standard and without SQL, to be compared with what is
 * compiled; for comparisons, LIKE, IN, BETWEEN, IS NULL and sums of numbers, texts and truths.
 */
export function holds(node: BooleanExpression, row: SampleRow): boolean | null {
  switch (node.kind) {
    case "and":
      return all(node.args.map((arg) => holds(arg, row)));
    case "or":
      return not(all(node.args.map((arg) => not(holds(arg, row)))));
    case "not":
      return not(holds(node.arg, row));
    case "boolean":
      return node.value;
    case "comparison":
      return compare(node.op, scalar(node.left, row), scalar(node.right, row));
    case "in": {
      const value = scalar(node.value, row);
      return not(all(node.list.map((item) => not(compare("=", value, scalar(item, row))))));
    }
    case "between": {
      const [value, lower, upper] = [node.value, node.lower, node.upper].map((n) => scalar(n, row));
      return all([compare(">=", value, lower), compare("<=", value, upper)]);
    }
    case "like": {
      const [value, pattern] = [scalar(node.value, row), scalar(node.pattern, row)];
      return value === null ? null : likePattern(String(pattern)).test(String(value));
    }
    case "isNull":
      return scalar(node.value as ScalarExpression, row) === null;
    default:
      throw new Error(`the oracle does not know ${node.kind}`);
  }
}

function all(values: (boolean | null)[]): boolean | null {
  if (values.includes(false)) return false;
  return values.includes(null) ? null : true;
}

function not(value: boolean | null): boolean | null {
  return value === null ? null : !value;
}

type Value = SampleRow[string] | undefined;

function compare(op: string, left: Value, right: Value): boolean | null {
  if (left == null || right == null) return null;
  switch (op) {
    case "=":
      return left === right;
    case "<>":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

function scalar(node: ScalarExpression, row: SampleRow): number | string | boolean | null {
  switch (node.kind) {
    case "string":
    case "boolean":
      return node.value;
    case "number":
      return Number(node.text);
    case "property":
      return row[node.name] ?? null;
    case "casei": {
      const value = scalar(node.value, row);
      return value === null ? null : String(value).toLowerCase();
    }
    case "arithmetic":
      return calculate(node.op, scalar(node.left, row), scalar(node.right, row));
    default:
      throw new Error(`the oracle does not know ${node.kind}`);
  }
}

function calculate(
  op: Extract<NumericExpression, { kind: "arithmetic" }>["op"],
  left: Value,
  right: Value,
): number | null {
  if (typeof left !== "number" || typeof right !== "number") return null;
  switch (op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "%":
      return right === 0 ? null : left % right;
    case "div":
      return right === 0 ? null : Math.trunc(left / right);
    default:
      throw new Error(`the oracle does not know ${op}`);
  }
}

function likePattern(pattern: string): RegExp {
  const parts = pattern.match(/\\.|./gsu) ?? [];
  const source = parts.map((part) => {
    if (part === "%") return ".*";
    if (part === "_") return ".";
    return (part.length > 1 && part.startsWith("\\") ? part.slice(1) : part).replace(
      /[\\^$.*+?()[\]{}|/]/g,
      "\\$&",
    );
  });
  return new RegExp(`^${source.join("")}$`, "su");
}
