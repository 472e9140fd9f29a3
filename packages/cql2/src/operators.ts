export type ComparisonOperator = "=" | "<>" | "<" | ">" | "<=" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "div" | "^";

/** Operators as CQL2 JSON spells them; CQL2 text writes them in any case. */
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

/** A predicate that both encodings write as an operator with two operands. */
export type PredicateOperator =
  | { readonly kind: "spatial"; readonly op: SpatialOperator }
  | { readonly kind: "temporal"; readonly op: TemporalOperator }
  | { readonly kind: "arrayPredicate"; readonly op: ArrayOperator };

/** By the operator's name in JSON. */
export const PREDICATE_OPERATORS: ReadonlyMap<string, PredicateOperator> = new Map<
  string,
  PredicateOperator
>([
  ...SPATIAL_OPERATORS.map((op) => [op, { kind: "spatial", op }] as const),
  ...TEMPORAL_OPERATORS.map((op) => [op, { kind: "temporal", op }] as const),
  ...ARRAY_OPERATORS.map((op) => [op, { kind: "arrayPredicate", op }] as const),
]);

/** By the operator's name in text, in upper case. */
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

/** Words that cannot be a property name unless quoted: they would end or change the expression. */
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

/** Functions, in upper case, that are no predicates. */
const OTHER_FUNCTIONS = ["CASEI", "ACCENTI", "DATE", "TIMESTAMP", "INTERVAL", "BBOX"] as const;

/** Names, in upper case, that mean something of their own in one of the encodings. */
const RESERVED_FUNCTIONS: ReadonlySet<string> = new Set([
  ...RESERVED_WORDS,
  ...PREDICATE_KEYWORDS.keys(),
  ...GEOMETRY_KEYWORDS.keys(),
  "ISNULL",
  ...OTHER_FUNCTIONS,
]);

/** Whether a function of this name could be read back from text and from JSON as a function. */
export function isReservedFunction(name: string): boolean {
  return RESERVED_FUNCTIONS.has(upperCase(name));
}

/** The standard's predicates and functions, for suggestions. */
export const STANDARD_FUNCTIONS: readonly string[] = [
  ...PREDICATE_KEYWORDS.keys(),
  ...OTHER_FUNCTIONS,
];

/** ASCII letters only: `toUpperCase` would make keywords of words with `ı` or `ſ`. */
export function upperCase(word: string): string {
  return word.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
