export type ComparisonOperator = "=" | "<>" | "<" | ">" | "<=" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "div" | "^";

/** Operators in the spelling of CQL2 JSON. CQL2 text accepts any case. */
const SPATIAL_OPERATORS = [
  "s_contains",
  "s_crosses",
  "s_disjoint",
  "s_equals",
  "s_intersects",
  "s_overlaps",
  "s_touches",
  "s_within",
] as const;
export type SpatialOperator = (typeof SPATIAL_OPERATORS)[number];

const TEMPORAL_OPERATORS = [
  "t_after",
  "t_before",
  "t_contains",
  "t_disjoint",
  "t_during",
  "t_equals",
  "t_finishedBy",
  "t_finishes",
  "t_intersects",
  "t_meets",
  "t_metBy",
  "t_overlappedBy",
  "t_overlaps",
  "t_startedBy",
  "t_starts",
] as const;
export type TemporalOperator = (typeof TEMPORAL_OPERATORS)[number];

const ARRAY_OPERATORS = ["a_containedBy", "a_contains", "a_equals", "a_overlaps"] as const;
export type ArrayOperator = (typeof ARRAY_OPERATORS)[number];

/** A predicate that is an operator with two operands in both encodings. */
export type PredicateOperator =
  | { readonly kind: "spatial"; readonly op: SpatialOperator }
  | { readonly kind: "temporal"; readonly op: TemporalOperator }
  | { readonly kind: "arrayPredicate"; readonly op: ArrayOperator };

/** Predicates by their operator in JSON. */
export const PREDICATE_OPERATORS: ReadonlyMap<string, PredicateOperator> = new Map<
  string,
  PredicateOperator
>([
  ...SPATIAL_OPERATORS.map((op) => [op, { kind: "spatial", op }] as const),
  ...TEMPORAL_OPERATORS.map((op) => [op, { kind: "temporal", op }] as const),
  ...ARRAY_OPERATORS.map((op) => [op, { kind: "arrayPredicate", op }] as const),
]);

/** Predicates by their operator in text, in upper case. */
export const PREDICATE_KEYWORDS: ReadonlyMap<string, PredicateOperator> = new Map(
  [...PREDICATE_OPERATORS].map(([op, predicate]) => [op.toUpperCase(), predicate]),
);

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "<", ">", "<=", ">="]);
const ARITHMETIC: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%", "div", "^"]);

export function isComparisonOperator(op: string): op is ComparisonOperator {
  return COMPARISONS.has(op);
}

export function isArithmeticOperator(op: string): op is ArithmeticOperator {
  return ARITHMETIC.has(op);
}

export const GEOMETRY_KEYWORDS = new Map([
  ["POINT", "Point"],
  ["LINESTRING", "LineString"],
  ["POLYGON", "Polygon"],
  ["MULTIPOINT", "MultiPoint"],
  ["MULTILINESTRING", "MultiLineString"],
  ["MULTIPOLYGON", "MultiPolygon"],
  ["GEOMETRYCOLLECTION", "GeometryCollection"],
] as const);

/** Words that must be quoted as property names, because they would end or change the expression. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  "AND",
  "OR",
  "NOT",
  "LIKE",
  "BETWEEN",
  "IN",
  "IS",
  "NULL",
  "TRUE",
  "FALSE",
  "DIV",
]);

/** Functions that are not predicates, in upper case. */
const OTHER_FUNCTIONS = ["CASEI", "ACCENTI", "DATE", "TIMESTAMP", "INTERVAL", "BBOX"] as const;

/** Names with a special meaning in one of the encodings, in upper case. */
const RESERVED_FUNCTIONS: ReadonlySet<string> = new Set([
  ...RESERVED_WORDS,
  ...PREDICATE_KEYWORDS.keys(),
  ...GEOMETRY_KEYWORDS.keys(),
  "ISNULL",
  ...OTHER_FUNCTIONS,
]);

/** True if text or JSON would not parse a function of this name as a function call. */
export function isReservedFunction(name: string): boolean {
  return RESERVED_FUNCTIONS.has(upperCase(name));
}

/** The standard's predicates and functions, for suggestions. */
export const STANDARD_FUNCTIONS: readonly string[] = [
  ...PREDICATE_KEYWORDS.keys(),
  ...OTHER_FUNCTIONS,
];

/** Converts ASCII letters only: `toUpperCase` would turn words with `ı` or `ſ` into keywords. */
export function upperCase(word: string): string {
  return word.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
