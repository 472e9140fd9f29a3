import type { CatalogColumn } from "../layer/catalog.ts";

/** A condition that a request, or a layer's own filter, puts on the rows of a layer. */
export interface Condition {
  sql: string;
  /**
   * - `errorFree`: evaluating it never raises an error;
   * - `prefilter`: also error-free, and holds for every row that a fallible condition selects, so that
   *   an index can serve that one;
   * - `fallible`: evaluating it can raise an error on some rows.
   */
  kind: "errorFree" | "prefilter" | "fallible";
}

/**
 * Types whose comparison with a constant cannot raise an error, whatever a row holds. `citext` folds
 * the case of both sides first, which could only fail for values of hundreds of megabytes.
 */
const ERROR_FREE_TYPES: ReadonlySet<string> = new Set([
  "bool",
  "bpchar",
  "citext",
  "date",
  "float4",
  "float8",
  "int2",
  "int4",
  "int8",
  "name",
  "numeric",
  "text",
  "time",
  "timestamp",
  "timestamptz",
  "uuid",
  "varchar",
]);

/** True if no value of the column can make a comparison with a constant of its type fail. */
export function hasErrorFreeComparison({ type }: Pick<CatalogColumn, "type">): boolean {
  return ERROR_FREE_TYPES.has(type);
}

/** The kind of a comparison of the column with a constant. */
export function comparisonKind(column: Pick<CatalogColumn, "type">): Condition["kind"] {
  return hasErrorFreeComparison(column) ? "errorFree" : "fallible";
}
