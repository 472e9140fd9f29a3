import type { CatalogColumn } from "./catalog.ts";

/**
 * Types whose comparison with a constant cannot raise an error for any stored value. `citext` folds
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
