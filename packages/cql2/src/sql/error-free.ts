import type {
  BooleanExpression,
  Expression,
  IntervalBound,
  ScalarExpression,
  TemporalExpression,
} from "../ast.ts";
import type { PropertyColumn, SqlContext } from "./sql-context.ts";

/**
 * True if PostgreSQL can evaluate the filter on every row without raising an error.
 *
 * Such filters may be evaluated on rows that the client is not allowed to see: they reveal nothing
 * about a row that they do not select. The list is short on purpose. It holds the predicates that an
 * index can serve and whose functions cannot fail: comparisons of a single column with constants,
 * `IS NULL`, and arrays of strings. These are missing, because each can fail on some rows:
 *
 * - arithmetic: overflow, and powers without a real result;
 * - two columns compared with each other: a `numeric` may not fit into a `double precision`;
 * - `LIKE`: nondeterministic collations, the stack depth, and patterns that `unaccent` has changed;
 * - `CASEI` and `ACCENTI`: text that is too long to fold, or a missing dictionary;
 * - spatial predicates: mixed SRIDs, invalid polygons, coordinates that are not finite, and curves;
 * - columns that are cast to text: the output function of an extension type can raise any error.
 *
 * A constant may still fail, but then it fails for every row and for an empty table as well.
 */
export function isErrorFree(
  filter: BooleanExpression,
  properties: SqlContext["properties"],
): boolean {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.args.every((arg) => isErrorFree(arg, properties));
    case "not":
      return isErrorFree(filter.arg, properties);
    case "boolean":
      return true;
    case "isNull":
      return isErrorFreeNullTest(filter.value, properties);
    case "comparison":
      return isColumnWithConstants([filter.left, filter.right], properties);
    case "between":
      return isColumnWithConstants([filter.value, filter.lower, filter.upper], properties);
    case "in":
      return isColumnWithConstants([filter.value, ...filter.list], properties);
    case "temporal":
      return isTemporalWithConstants(filter.left, filter.right, properties);
    case "arrayPredicate":
      return isStringArrayWithConstants([filter.left, filter.right], properties);
    case "like":
    case "spatial":
    case "function":
      return false;
  }
}

function isErrorFreeNullTest(value: Expression, properties: SqlContext["properties"]): boolean {
  switch (value.kind) {
    case "property":
      return properties.has(value.name);
    case "and":
    case "or":
    case "not":
    case "comparison":
    case "between":
    case "in":
    case "isNull":
    case "temporal":
    case "arrayPredicate":
    case "boolean":
      return isErrorFree(value, properties);
    default:
      return false;
  }
}

/**
 * True if at most one operand is a column, its comparison never fails, and all others are
 * constants.
 */
function isColumnWithConstants(
  operands: readonly ScalarExpression[],
  properties: SqlContext["properties"],
): boolean {
  const others = operands.filter((operand) => !isScalarConstant(operand));
  return others.length <= 1 && others.every((operand) => isComparable(operand, properties));
}

function isScalarConstant({ kind }: Expression): boolean {
  return (
    kind === "string" ||
    kind === "number" ||
    kind === "boolean" ||
    kind === "date" ||
    kind === "timestamp"
  );
}

function isComparable(operand: Bound, properties: SqlContext["properties"]): boolean {
  if (operand.kind !== "property") return false;
  const column = properties.get(operand.name);
  return column !== undefined && isErrorFreeColumn(column) && column.type !== "array";
}

function isErrorFreeColumn({ comparisonNeverFails, asText }: PropertyColumn): boolean {
  return comparisonNeverFails === true && asText !== true;
}

/** The two sides are only compared with each other, so that one of them may hold columns. */
function isTemporalWithConstants(
  left: TemporalExpression,
  right: TemporalExpression,
  properties: SqlContext["properties"],
): boolean {
  const [leftBounds, rightBounds] = [boundsOf(left), boundsOf(right)];
  const areConstant = (bounds: readonly Bound[]) => bounds.every(isInstantConstant);
  const areSafe = (bounds: readonly Bound[]) =>
    bounds.every((bound) => isInstantConstant(bound) || isComparable(bound, properties));
  return (
    (areConstant(leftBounds) && areSafe(rightBounds)) ||
    (areSafe(leftBounds) && areConstant(rightBounds))
  );
}

type Bound = Expression | IntervalBound;

function boundsOf(period: TemporalExpression): readonly Bound[] {
  return period.kind === "interval" ? [period.start, period.end] : [period];
}

function isInstantConstant({ kind }: Bound): boolean {
  return kind === "date" || kind === "timestamp" || kind === "unbounded";
}

function isStringArrayWithConstants(
  operands: readonly Expression[],
  properties: SqlContext["properties"],
): boolean {
  const columns = operands.filter(({ kind }) => kind !== "array");
  const [column] = columns;
  if (column?.kind !== "property" || columns.length > 1) return false;
  const found = properties.get(column.name);
  if (found === undefined || found.type !== "array" || (found.items ?? "string") !== "string") {
    return false;
  }
  return (
    isErrorFreeColumn(found) &&
    operands.every(
      (operand) => operand.kind !== "array" || operand.items.every(({ kind }) => kind === "string"),
    )
  );
}
