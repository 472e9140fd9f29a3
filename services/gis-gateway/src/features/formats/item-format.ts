import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { Link } from "../../ogc/link.ts";
import type { PageRequest } from "../../sql/page-request.ts";

/** Input for the beginning of a page. */
export interface PageHead {
  bound: BoundLayer;
  request: PageRequest;
  now: Date;
}

/** Input for the end of a page, which is known when its last feature has been read. */
export interface PageTail {
  returned: number;
  matched: number | undefined;
  links: readonly Link[];
}

/** Writes features as text, one after the other, so that a page of any length can be streamed. */
export interface TextFormat {
  /** SQL for one feature of the row `r`. */
  itemSql(bound: BoundLayer, request: PageRequest): string;
  /** Columns that `itemSql` reads in addition to those of the request. */
  columns?(bound: BoundLayer): string[];
  /** Corrects text of one feature that the database wrote and the format does not allow. */
  repair?(item: Buffer): Buffer;
  head(page: PageHead): string;
  /** Text between two features. */
  separator: string;
  tail(page: PageTail): string;
  /** True if the text contains the links. Other formats have them only in the `Link` header. */
  hasLinks: boolean;
}
