import { apiUrl, htmlLink, type Link } from "../ogc/link.ts";
import { MEDIA } from "../ogc/media-types.ts";
import { type ActiveRelease, DEFAULT_TITLE } from "../release/active-release.ts";
import { datasetTileSource, hasTiles, TILESETS_REL } from "../tiles/tile-documents.ts";
import { TILING_SCHEMES_REL } from "../tiles/tile-matrix-set-documents.ts";

/** The landing page (Part 1, 7.2). */
export function landingDocument(active: ActiveRelease, base: string) {
  const { release } = active;
  const { title, description, attribution } = release.settings;
  const links: Link[] = [
    { href: apiUrl(base), rel: "self", type: MEDIA.json, title: "This document" },
    htmlLink(apiUrl(base)),
    {
      href: apiUrl(base, "api"),
      rel: "service-desc",
      type: MEDIA.openapi,
      title: "The definition of this API",
    },
    {
      href: `${apiUrl(base, "api")}?f=html`,
      rel: "service-doc",
      type: "text/html",
      title: "The definition of this API as HTML",
    },
    {
      href: apiUrl(base, "conformance"),
      rel: "conformance",
      type: MEDIA.json,
      title: "The standards this API conforms to",
    },
    { href: apiUrl(base, "collections"), rel: "data", type: MEDIA.json, title: "The collections" },
  ];
  if (datasetTileSource(active)) {
    links.push({
      href: apiUrl(base, "tiles"),
      rel: TILESETS_REL,
      type: MEDIA.json,
      title: "Tiles",
    });
  }
  if ([...active.collections.values()].some(hasTiles)) {
    links.push({
      href: apiUrl(base, "tileMatrixSets"),
      rel: TILING_SCHEMES_REL,
      type: MEDIA.json,
      title: "Tile matrix sets",
    });
  }
  return {
    title: title ?? DEFAULT_TITLE,
    ...(description === undefined ? {} : { description }),
    ...(attribution === undefined ? {} : { attribution }),
    links,
  };
}
