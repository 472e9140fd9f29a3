import type { Layer, Property } from "@honua/contracts";
import type { BooleanExpression } from "@honua/cql2";
import type { FilterContext } from "../sql/cql2-filter.ts";
import type { CatalogColumn, CatalogTable } from "./catalog.ts";
import type { OfferedSystem } from "./offered-systems.ts";
import type { ReferenceSystem } from "./reference-system.ts";
import type { OrderTerm } from "./sort-order.ts";

/** A layer together with the real columns that its configuration turned out to mean. */
export interface BoundLayer {
  layer: Layer;
  table: CatalogTable;
  geometry: CatalogColumn;
  storage: ReferenceSystem;
  /** In which coordinates features are offered besides CRS84. */
  offered: readonly OfferedSystem[];
  key: CatalogColumn;
  properties: readonly BoundProperty[];
  /** One column for instants, two for periods. */
  temporal?: { start: CatalogColumn; end: CatalogColumn };
  /** The layer's own filter, and the columns that it may use: all of the table. */
  restriction?: { expression: BooleanExpression; context: FilterContext } | undefined;
  /** The order of a page without `sortby`; the key alone when absent. */
  order?: readonly OrderTerm[];
  /** True where the database has `unaccent`. */
  unaccent?: boolean;
}

export interface BoundProperty {
  property: Property;
  column: CatalogColumn;
}
