import type { Layer } from "@honua/contracts";
import type { BooleanExpression } from "@honua/cql2";
import type { BoundProperty } from "./bound-property.ts";
import type { CatalogColumn, CatalogTable } from "./catalog.ts";
import type { FilterContext } from "./filter-context.ts";
import type { OfferedSystem } from "./offered-systems.ts";
import type { ReferenceSystem } from "./reference-system.ts";
import type { OrderTerm } from "./sort-order.ts";

/** A layer together with the table and the columns that its configuration refers to. */
export interface BoundLayer {
  layer: Layer;
  table: CatalogTable;
  geometry: CatalogColumn;
  /** The reference system of the stored coordinates. */
  storage: ReferenceSystem;
  /** The reference systems in which features are offered besides CRS84. */
  offered: readonly OfferedSystem[];
  key: CatalogColumn;
  properties: readonly BoundProperty[];
  /** The same column twice for instants, two columns for periods. */
  temporal?: { start: CatalogColumn; end: CatalogColumn };
  restriction?: LayerRestriction | undefined;
  /** The order of a page without `sortby`; absent if pages are ordered by the key alone. */
  order?: readonly OrderTerm[];
  /** True if the database has the function `unaccent`. */
  unaccent?: boolean;
}

/** The layer's own filter. It may use all columns of the table. */
export interface LayerRestriction {
  expression: BooleanExpression;
  context: FilterContext;
}
