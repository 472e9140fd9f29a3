import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { Link } from "../../ogc/link.ts";
import type { PageRequest } from "../../sql/page-request.ts";

/** What an item list begins with depends on this. */
export interface PageHead {
  bound: BoundLayer;
  request: PageRequest;
  now: Date;
}

/** What is known of a page once its last feature has been read. */
export interface PageTail {
  returned: number;
  matched: number | undefined;
  links: readonly Link[];
}

/** A way to write features as text, one after the other, so that a page of any length can be sent. */
export interface TextFormat {
  /** SQL for one feature of the row `r`. */
  itemSql(bound: BoundLayer, request: PageRequest): string;
  /** Columns that `item` reads besides those of the request. */
  columns?(bound: BoundLayer): string[];
  /** Mends the text of one feature where the database wrote what the format does not allow. */
  repair?(item: Buffer): Buffer;
  head(page: PageHead): string;
  /** What stands between two features. */
  separator: string;
  tail(page: PageTail): string;
  /** True when the text itself has the links; the others have them in the header `Link` alone. */
  hasLinks: boolean;
}
