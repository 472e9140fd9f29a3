import { formText } from "../http/form-text.ts";
import type { KeysetPosition } from "../layer/sort-order.ts";
import { htmlLink, type Link } from "../ogc/link.ts";
import { MEDIA } from "../ogc/media-types.ts";
import type { ItemFormat } from "./formats/item-formats.ts";
import { encodeCursor } from "./parameters/cursor.ts";
import type { QueryParameters } from "./parameters/query-parameters.ts";

/** Keyset positions of the adjacent pages as JSON text. Undefined if there is no such page. */
export interface NeighbourPages {
  prev: string | undefined;
  next: string | undefined;
}

/** The positions of the pages before and after a page that starts at `place`. */
export function neighbourPages(
  row: { nearest: unknown; farthest: unknown },
  read: { place: KeysetPosition | undefined; offset: number; hasMore: boolean },
): NeighbourPages {
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const nearest = read.place || read.offset > 0 ? text(row.nearest) : undefined;
  const farthest = read.hasMore ? text(row.farthest) : undefined;
  return read.place?.direction === "before"
    ? { prev: farthest, next: nearest }
    : { prev: nearest, next: farthest };
}

/**
 * The links of a page of features (Part 1, 7.15.7).
 *
 * @param options.type media type of the page
 * @param options.formats other formats of the same page
 */
export function pageLinks(
  url: string,
  parameters: QueryParameters,
  { prev, next }: NeighbourPages,
  { type = MEDIA.geojson, formats }: { type?: string; formats: readonly ItemFormat[] },
): Link[] {
  const ownQuery = formText(parameters);
  const queryWithout = (...names: string[]) =>
    names.some((name) => parameters.has(name))
      ? formText(withoutParameters(parameters, names))
      : ownQuery;
  const withoutFormat = queryWithout("f");
  const links: Link[] = [
    { href: ownQuery === "" ? url : `${url}?${ownQuery}`, rel: "self", type, title: "This page" },
    { ...htmlLink(url), href: withLast(url, withoutFormat, "f=html") },
  ];
  for (const { name, title, mediaType } of formats) {
    const href = withLast(url, withoutFormat, `f=${name}`);
    links.push({ href, rel: "alternate", type: mediaType, title: `This document as ${title}` });
  }
  if (next !== undefined || prev !== undefined) {
    const others = queryWithout("cursor", "offset");
    const beside = (rel: string, title: string, cursor: string) =>
      links.push({ href: withLast(url, others, `cursor=${cursor}`), rel, type, title });
    if (next !== undefined) beside("next", "The next page", encodeCursor("after", next));
    if (prev !== undefined) beside("prev", "The previous page", encodeCursor("before", prev));
  }
  links.push({ href: url.slice(0, url.lastIndexOf("/")), rel: "collection", type: MEDIA.json });
  return links;
}

function withoutParameters(
  parameters: QueryParameters,
  names: readonly string[],
): [string, string][] {
  return [...parameters].filter(([name]) => !names.includes(name));
}

/** The URL with a query, to which a parameter is appended. */
function withLast(url: string, query: string, last: string): string {
  return query === "" ? `${url}?${last}` : `${url}?${query}&${last}`;
}
