import type { Place } from "../sql/page-order.ts";
import { asPage, type Link } from "./documents/link.ts";
import { MEDIA } from "./media-types.ts";
import { encodeCursor } from "./parameters/cursor.ts";
import { formText } from "./parameters/form-text.ts";
import type { QueryParameters } from "./parameters/query-parameters.ts";

/** Places beside a page, as JSON text; undefined where there is no other page. */
export interface Neighbours {
  prev: string | undefined;
  next: string | undefined;
}

/** The places of the pages before and after one that was read from `place` on. */
export function neighbours(
  row: { nearest: unknown; farthest: unknown },
  read: { place: Place | undefined; offset: number; hasMore: boolean },
): Neighbours {
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const nearest = read.place || read.offset > 0 ? text(row.nearest) : undefined;
  const farthest = read.hasMore ? text(row.farthest) : undefined;
  return read.place?.direction === "before"
    ? { prev: farthest, next: nearest }
    : { prev: nearest, next: farthest };
}

/** The links of a page of features (Part 1, 7.15.7). */
export function pageLinks(
  url: string,
  parameters: QueryParameters,
  { prev, next }: Neighbours,
  { type = MEDIA.geojson, alternates = [] }: { type?: string; alternates?: readonly Link[] } = {},
): Link[] {
  const others = [...parameters].filter(([name]) => name !== "cursor" && name !== "offset");
  const beside = (rel: string, title: string, cursor: string): Link => ({
    href: withQuery(url, [...others, ["cursor", cursor]]),
    rel,
    type,
    title,
  });
  return [
    { href: withQuery(url, [...parameters]), rel: "self", type, title: "This page" },
    asPage(url, parameters),
    ...alternates,
    ...(next === undefined ? [] : [beside("next", "The next page", encodeCursor("after", next))]),
    ...(prev === undefined
      ? []
      : [beside("prev", "The previous page", encodeCursor("before", prev))]),
    { href: url.slice(0, url.lastIndexOf("/")), rel: "collection", type: MEDIA.json },
  ];
}

function withQuery(url: string, parameters: [string, string][]): string {
  return parameters.length === 0 ? url : `${url}?${formText(parameters)}`;
}
