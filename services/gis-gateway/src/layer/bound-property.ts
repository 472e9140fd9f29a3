import type { Property } from "@honua/contracts";
import type { CatalogColumn } from "./catalog.ts";

/** A configured property and the column that holds its values. */
export interface BoundProperty {
  property: Property;
  column: CatalogColumn;
}
