import type {
  ArrayExpression,
  BooleanExpression,
  CharacterExpression,
  Expression,
  GeometryExpression,
  NullableExpression,
  NumericExpression,
  PatternExpression,
  ScalarExpression,
  TemporalExpression,
} from "./ast.ts";

/** The expressions that each role accepts. */
export interface RoleTypes {
  boolean: BooleanExpression;
  scalar: ScalarExpression;
  character: CharacterExpression;
  pattern: PatternExpression;
  numeric: NumericExpression;
  geometry: GeometryExpression;
  temporal: TemporalExpression;
  array: ArrayExpression;
  nullable: NullableExpression;
}

/** The role of an expression at a place in the grammar. It determines the allowed expressions. */
export type Role = keyof RoleTypes;

type Kind = Expression["kind"];

const REFERENCE: readonly Kind[] = ["property", "function"];
const BOOLEAN: readonly Kind[] = [
  "and",
  "or",
  "not",
  "comparison",
  "like",
  "between",
  "in",
  "isNull",
  "spatial",
  "temporal",
  "arrayPredicate",
  "function",
  "boolean",
];
const CHARACTER: readonly Kind[] = ["string", "casei", "accenti", ...REFERENCE];
const NUMERIC: readonly Kind[] = ["number", "arithmetic", ...REFERENCE];
const SCALAR: readonly Kind[] = [...CHARACTER, ...NUMERIC, "date", "timestamp", "boolean"];
const GEOMETRY: readonly Kind[] = ["geometry", "bbox", ...REFERENCE];
const TEMPORAL: readonly Kind[] = ["date", "timestamp", "interval", ...REFERENCE];

const KINDS: Readonly<Record<Role, ReadonlySet<Kind>>> = {
  boolean: new Set(BOOLEAN),
  scalar: new Set(SCALAR),
  character: new Set(CHARACTER),
  pattern: new Set<Kind>(["string", "casei", "accenti"]),
  numeric: new Set(NUMERIC),
  geometry: new Set(GEOMETRY),
  temporal: new Set(TEMPORAL),
  array: new Set<Kind>(["array", ...REFERENCE]),
  nullable: new Set([...BOOLEAN, ...SCALAR, ...GEOMETRY, ...TEMPORAL]),
};

/** The expressions that each role accepts, for messages that begin with "Expected". */
export const ROLE_DESCRIPTIONS: Readonly<Record<Role, string>> = {
  boolean: "a predicate, such as name = 'x' (a property alone is not one)",
  scalar: "a string, number, boolean, date, timestamp, arithmetic, property or function",
  character: "a string, CASEI(…), ACCENTI(…), property or function",
  pattern: "a pattern in quotes, or CASEI(…) or ACCENTI(…) of one",
  numeric: "a number, arithmetic, property or function",
  geometry: "a geometry, BBOX(…), property or function",
  temporal: "DATE(…), TIMESTAMP(…), INTERVAL(…), a property or function",
  array: "an array, property or function",
  nullable: "an expression that is not an array",
};

/** True if the grammar (OGC 21-065r2, Annex B) allows the expression in the role. */
export function isAllowedInRole(expression: Expression, role: Role): boolean {
  if (!KINDS[role].has(expression.kind)) return false;
  if (role === "pattern" && (expression.kind === "casei" || expression.kind === "accenti")) {
    return isAllowedInRole(expression.value, "pattern");
  }
  return true;
}

const DESCRIPTIONS: Readonly<Partial<Record<Kind, string>>> = {
  string: "a string",
  casei: "CASEI(…)",
  accenti: "ACCENTI(…)",
  number: "a number",
  arithmetic: "an arithmetic expression",
  boolean: "a boolean",
  date: "a date",
  timestamp: "a timestamp",
  interval: "an interval",
  geometry: "a geometry",
  bbox: "a bounding box",
  array: "an array",
};

/** Describes an expression for messages. */
export function describeExpression(expression: Expression): string {
  if (expression.kind === "property") return `property "${expression.name}"`;
  if (expression.kind === "function") return `function ${expression.name}(…)`;
  return DESCRIPTIONS[expression.kind] ?? "a predicate";
}
