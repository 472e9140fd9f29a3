import type {
  ArrayExpression,
  ArrayLiteral,
  ArrayPredicate,
  Expression,
  ScalarExpression,
} from "../ast.ts";
import { isAllowedInRole } from "../roles.ts";
import { compileScalar } from "./compile-scalar.ts";
import { type Compiler, describeOperand, quoteIdentifier } from "./compiler.ts";
import type { ItemType } from "./sql-context.ts";

const SQL_ITEMS = {
  string: "text",
  integer: "bigint",
  number: "numeric",
  boolean: "boolean",
  date: "date",
  datetime: "timestamptz",
  uuid: "uuid",
} as const satisfies Record<ItemType, string>;

/** `arrayPredicate` (OGC 21-065r2, 7.7): both arrays are sets, without order or duplicates. */
export function compileArrayPredicate(
  compiler: Compiler,
  node: ArrayPredicate,
  at: string,
): string {
  const [leftAt, rightAt] = [`${at}/args/0`, `${at}/args/1`];
  const declared = [
    declaredItems(compiler, node.left, leftAt),
    declaredItems(compiler, node.right, rightAt),
  ];
  const type =
    declared[0] ??
    declared[1] ??
    literalItems(compiler, node.left, leftAt) ??
    literalItems(compiler, node.right, rightAt) ??
    "string";
  if (declared[1] !== undefined && declared[1] !== type) {
    const message = `Cannot compare arrays of type ${type} and ${declared[1]}.`;
    compiler.fail("type-mismatch", message, at);
  }
  const left = compileArray(compiler, node.left, leftAt, type);
  const right = compileArray(compiler, node.right, rightAt, type);
  switch (node.op) {
    case "a_contains":
      return `${left} @> ${right}`;
    case "a_containedBy":
      return `${left} <@ ${right}`;
    case "a_overlaps":
      return `${left} && ${right}`;
    case "a_equals":
      return `(${left} @> ${right} AND ${left} <@ ${right})`;
  }
}

function declaredItems(
  compiler: Compiler,
  node: ArrayExpression,
  at: string,
): ItemType | undefined {
  if (node.kind !== "property") return undefined;
  const { type, items } = compiler.column(node, at);
  if (type === "array") return items ?? "string";
  const found = describeOperand(compiler, node, at);
  return compiler.fail("type-mismatch", `Expected an array, found ${found}.`, at);
}

function literalItems(compiler: Compiler, node: ArrayExpression, at: string): ItemType | undefined {
  const first = node.kind === "array" ? node.items[0] : undefined;
  const type = first === undefined ? undefined : itemType(compiler, first, `${at}/0`);
  return type === "integer" ? "number" : type;
}

function compileArray(
  compiler: Compiler,
  node: ArrayExpression,
  at: string,
  type: ItemType,
): string {
  const sqlType = `${SQL_ITEMS[type]}[]`;
  switch (node.kind) {
    case "property":
      return `${quoteIdentifier(compiler.column(node, at).column)}::${sqlType}`;
    case "function":
      return compiler.unsupportedFunction(node, at);
    case "array":
      return `ARRAY[${compileItems(compiler, node, at, type)}]::${sqlType}`;
  }
}

function compileItems(
  compiler: Compiler,
  { items }: ArrayLiteral,
  at: string,
  type: ItemType,
): string {
  const compiled = items.map((item, index) => {
    const place = `${at}/${index}`;
    const found = itemType(compiler, item, place);
    const fits =
      found === type ||
      (type === "number" && found === "integer") ||
      (type === "uuid" && item.kind === "string");
    if (!fits) {
      const words = describeOperand(compiler, item, place);
      const message = `An array of type ${type} cannot hold ${words}.`;
      return compiler.fail("type-mismatch", message, place);
    }
    const literals = {
      string: type === "uuid" ? "uuid" : "text",
      integer: type === "integer",
    } as const;
    return compileScalar(compiler, item as ScalarExpression, place, literals);
  });
  return compiled.join(", ");
}

/** Refuses arrays, geometries, intervals and predicates as items: no column has such items. */
function itemType(compiler: Compiler, item: Expression, at: string): ItemType {
  if (isAllowedInRole(item, "scalar")) {
    const type = scalarItemType(compiler, item as ScalarExpression, at);
    if (type !== undefined) return type;
  }
  const words = describeOperand(compiler, item, at);
  return compiler.fail("unsupported-operand", `An array cannot hold ${words}.`, at);
}

function scalarItemType(
  compiler: Compiler,
  item: ScalarExpression,
  at: string,
): ItemType | undefined {
  switch (item.kind) {
    case "string":
    case "casei":
    case "accenti":
      return "string";
    case "number":
      return /^-?\d+$/.test(item.text) ? "integer" : "number";
    case "arithmetic":
      return "number";
    case "timestamp":
      return "datetime";
    case "boolean":
    case "date":
      return item.kind;
    case "function":
      return compiler.unsupportedFunction(item, at);
    case "property": {
      const { type } = compiler.column(item, at);
      return type in SQL_ITEMS ? (type as ItemType) : undefined;
    }
  }
}
