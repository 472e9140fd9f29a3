import type { CatalogColumn } from "../layer/catalog.ts";
import type { KeysetPosition, OrderTerm } from "../layer/sort-order.ts";
import type { Area } from "./area-filter.ts";
import type { Box } from "./bbox-filter.ts";
import type { Cql2Filter } from "./cql2-filter.ts";
import type { TemporalExtent } from "./datetime-filter.ts";
import type { FeatureRepresentation } from "./feature-json.ts";

/** The features of a page and their representation. */
export interface PageRequest extends FeatureRepresentation {
  limit: number;
  offset: number;
  /** Empty: sorted by the key alone. */
  sortby: readonly OrderTerm[];
  /** The start of the page, from the cursor of another page. */
  place?: KeysetPosition;
  /** Return only the features with these keys, as text. */
  ids?: readonly string[];
  boxes?: readonly Box[];
  /** Boxes that cannot be expressed in degrees. */
  areas?: readonly Area[];
  during?: TemporalExtent;
  equals: readonly { column: CatalogColumn; value: string }[];
  filter?: Cql2Filter;
  /** True: also count the matching features, up to `MAX_COUNTED_ROWS`. */
  counts: boolean;
  /** True: test every row, because a box could not be projected. */
  wholeTable: boolean;
  /** True: boxes also match features without a geometry, which the table may have. */
  mayLackGeometries: boolean;
  /** The bounding box of the collection if it is known: west, south, east, north. */
  extent?: readonly [number, number, number, number] | undefined;
}

/** Matching features are counted up to this number; beyond it, no number is returned. */
export const MAX_COUNTED_ROWS = 10_000;
