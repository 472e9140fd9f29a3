import type { CatalogColumn } from "../layer/catalog.ts";
import { hasErrorFreeComparison } from "../layer/error-free-comparison.ts";

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

/** The kind of a comparison of the column with a constant. */
export function comparisonKind(column: Pick<CatalogColumn, "type">): Condition["kind"] {
  return hasErrorFreeComparison(column) ? "errorFree" : "fallible";
}
