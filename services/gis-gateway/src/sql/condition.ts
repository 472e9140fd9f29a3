import type { CatalogColumn } from "../layer/catalog.ts";
import { hasErrorFreeComparison } from "../layer/error-free-comparison.ts";

/** A condition on the rows of a layer, from a request or from the layer's own filter. */
export interface Condition {
  sql: string;
  /**
   * - `errorFree`: evaluation never raises an error;
   * - `prefilter`: error-free, and true for every row that a fallible condition selects, so that an
   *   index can serve the fallible condition;
   * - `fallible`: evaluation can raise an error on some rows.
   */
  kind: "errorFree" | "prefilter" | "fallible";
}

/** The kind of a comparison of the column with a constant. */
export function comparisonKind(column: Pick<CatalogColumn, "type">): Condition["kind"] {
  return hasErrorFreeComparison(column) ? "errorFree" : "fallible";
}
