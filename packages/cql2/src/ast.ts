import type { Geometry } from "./geometry.ts";
import type {
  ArithmeticOperator,
  ArrayOperator,
  ComparisonOperator,
  SpatialOperator,
  TemporalOperator,
} from "./operators.ts";

/*
 * The syntax tree of a CQL2 filter (OGC 21-065r2, Annex B). Names follow the rules of the BNF;
 * operators are spelled as in CQL2 JSON. Trees are plain values: the trees of equal filters are deeply
 * equal.
 */

export interface Logical {
  readonly kind: "and" | "or";
  readonly args: readonly [BooleanExpression, BooleanExpression, ...BooleanExpression[]];
}
export interface Not {
  readonly kind: "not";
  readonly arg: BooleanExpression;
}
export interface Comparison {
  readonly kind: "comparison";
  readonly op: ComparisonOperator;
  readonly left: ScalarExpression;
  readonly right: ScalarExpression;
}
export interface Like {
  readonly kind: "like";
  readonly value: CharacterExpression;
  readonly pattern: PatternExpression;
}
export interface Between {
  readonly kind: "between";
  readonly value: NumericExpression;
  readonly lower: NumericExpression;
  readonly upper: NumericExpression;
}
export interface InList {
  readonly kind: "in";
  readonly value: ScalarExpression;
  readonly list: readonly [ScalarExpression, ...ScalarExpression[]];
}
export interface IsNull {
  readonly kind: "isNull";
  readonly value: NullableExpression;
}
export interface SpatialPredicate {
  readonly kind: "spatial";
  readonly op: SpatialOperator;
  readonly left: GeometryExpression;
  readonly right: GeometryExpression;
}
export interface TemporalPredicate {
  readonly kind: "temporal";
  readonly op: TemporalOperator;
  readonly left: TemporalExpression;
  readonly right: TemporalExpression;
}
export interface ArrayPredicate {
  readonly kind: "arrayPredicate";
  readonly op: ArrayOperator;
  readonly left: ArrayExpression;
  readonly right: ArrayExpression;
}
export interface FunctionCall {
  readonly kind: "function";
  readonly name: string;
  readonly args: readonly Expression[];
}
export interface Property {
  readonly kind: "property";
  readonly name: string;
}
/** `CASEI(…)` or `ACCENTI(…)`: a string compared without regard to case or accents. */
export interface Folded {
  readonly kind: "casei" | "accenti";
  readonly value: CharacterExpression;
}
export interface FoldedPattern {
  readonly kind: "casei" | "accenti";
  readonly value: PatternExpression;
}
export interface Arithmetic {
  readonly kind: "arithmetic";
  readonly op: ArithmeticOperator;
  readonly left: NumericExpression;
  readonly right: NumericExpression;
}
export interface StringLiteral {
  readonly kind: "string";
  readonly value: string;
}
/**
 * `text` is a canonical decimal (see `canonicalNumber`), so that all digits of the literal are
 * kept.
 */
export interface NumberLiteral {
  readonly kind: "number";
  readonly text: string;
}
export interface BooleanLiteral {
  readonly kind: "boolean";
  readonly value: boolean;
}
/** A calendar date, `YYYY-MM-DD`. */
export interface DateLiteral {
  readonly kind: "date";
  readonly value: string;
}
/** `YYYY-MM-DDThh:mm:ss[.f]Z` without zeros at the end of the fraction. */
export interface TimestampLiteral {
  readonly kind: "timestamp";
  readonly value: string;
}
/** `'..'`, the open end of an interval. */
export interface Unbounded {
  readonly kind: "unbounded";
}
/** Closed at both ends (OGC 21-065r2, 7.6.1). */
export interface Interval {
  readonly kind: "interval";
  readonly start: IntervalBound;
  readonly end: IntervalBound;
}
export interface GeometryLiteral {
  readonly kind: "geometry";
  readonly geometry: Geometry;
}
/** The lower corner, then the upper corner. Six numbers if the box has elevations. */
export interface BoundingBox {
  readonly kind: "bbox";
  readonly bounds: readonly number[];
}
export interface ArrayLiteral {
  readonly kind: "array";
  readonly items: readonly Expression[];
}

export type IntervalBound = DateLiteral | TimestampLiteral | Unbounded | Property | FunctionCall;

export type BooleanExpression =
  | Logical
  | Not
  | Comparison
  | Like
  | Between
  | InList
  | IsNull
  | SpatialPredicate
  | TemporalPredicate
  | ArrayPredicate
  | FunctionCall
  | BooleanLiteral;

export type CharacterExpression = StringLiteral | Folded | Property | FunctionCall;
export type PatternExpression = StringLiteral | FoldedPattern;
export type NumericExpression = NumberLiteral | Arithmetic | Property | FunctionCall;
export type InstantLiteral = DateLiteral | TimestampLiteral;
export type ScalarExpression =
  | CharacterExpression
  | NumericExpression
  | InstantLiteral
  | BooleanLiteral;
export type GeometryExpression = GeometryLiteral | BoundingBox | Property | FunctionCall;
export type TemporalExpression = InstantLiteral | Interval | Property | FunctionCall;
export type ArrayExpression = ArrayLiteral | Property | FunctionCall;
export type NullableExpression =
  | BooleanExpression
  | ScalarExpression
  | GeometryExpression
  | TemporalExpression;

/** Any node, as an argument of a function or an item of an array. */
export type Expression = NullableExpression | ArrayLiteral;
