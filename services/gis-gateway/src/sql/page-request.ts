import type { CatalogColumn } from "../layer/catalog.ts";
import type { KeysetPosition, OrderTerm } from "../layer/sort-order.ts";
import type { Area } from "./area-filter.ts";
import type { Box } from "./bbox-filter.ts";
import type { Cql2Filter } from "./cql2-filter.ts";
import type { TemporalExtent } from "./datetime-filter.ts";
import type { FeatureRepresentation } from "./feature-json.ts";

/** Which features a page is made of. */
export interface PageRequest extends FeatureRepresentation {
  limit: number;
  offset: number;
  /** Sorted by the key alone when empty. */
  sortby: readonly OrderTerm[];
  /** Where the page starts, from another page's `first` or `last`. */
  place?: KeysetPosition;
  /** Only the features with these keys, as text. */
  ids?: readonly string[];
  boxes?: readonly Box[];
  /** Boxes that cannot be said in degrees. */
  areas?: readonly Area[];
  during?: TemporalExtent;
  equals: readonly { column: CatalogColumn; value: string }[];
  filter?: Cql2Filter;
  /** True: also count what matches, up to `COUNTED_ROWS`. */
  counts: boolean;
  /** True: test every row, because a box could not be projected. */
  wholeTable: boolean;
  /** True: boxes also match features without a geometry, of which there may be some. */
  mayLackGeometries: boolean;
  /** Where the collection's features are, where that is known: west, south, east, north. */
  extent?: readonly [number, number, number, number] | undefined;
}

/** Matches are counted up to here; more of them, and the number is not told. */
export const MAX_COUNTED_ROWS = 10_000;
