import type { Layer, Property } from "@honua/contracts";
import type { CatalogColumn, CatalogTable } from "./catalog.ts";
import type { OfferedSystem } from "./offered-systems.ts";
import type { ReferenceSystem } from "./reference-system.ts";

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
}

export interface BoundProperty {
  property: Property;
  column: CatalogColumn;
}
