import { itemFormats } from "../features/formats/item-formats.ts";
import { apiUrl, htmlLink, type Link } from "../ogc/link.ts";
import { CRS84, GREGORIAN, MEDIA, QUERYABLES_REL, SCHEMA_REL } from "../ogc/media-types.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";
import type { Extent } from "../release/extent.ts";
import { hasTiles, TILESETS_REL } from "../tiles/tile-documents.ts";

/** The list of collections (Part 1, 7.13). */
export function collectionsDocument(active: ActiveRelease, base: string) {
  const url = apiUrl(base, "collections");
  return {
    links: [
      { href: url, rel: "self", type: MEDIA.json, title: "This document" },
      htmlLink(url),
    ] satisfies Link[],
    collections: [...active.collections.values()].map((collection) =>
      collectionDocument(collection, active.extents.get(collection.layer.id), base),
    ),
  };
}

/** One collection (Part 1, 7.14). The list contains the same document. */
export function collectionDocument(
  collection: Collection,
  extent: Extent | undefined,
  base: string,
) {
  const { layer, service, source } = collection;
  const url = (...segments: string[]) => apiUrl(base, "collections", layer.id, ...segments);
  const links: Link[] = [
    { href: url(), rel: "self", type: MEDIA.json, title: "This collection" },
    htmlLink(url()),
    { href: url("items"), rel: "items", type: MEDIA.geojson, title: layer.title },
    ...itemFormats(collection).map(({ name, title, mediaType }) => ({
      href: `${url("items")}?f=${name}`,
      rel: "items",
      type: mediaType,
      title: `${layer.title} as ${title}`,
    })),
    {
      href: url("queryables"),
      rel: QUERYABLES_REL,
      type: MEDIA.schema,
      title: "Queryable properties",
    },
    { href: url("schema"), rel: SCHEMA_REL, type: MEDIA.schema, title: "Schema of the features" },
  ];
  if (hasTiles(collection)) {
    links.push({ href: url("tiles"), rel: TILESETS_REL, type: MEDIA.json, title: "Tiles" });
  }
  if (service.license !== undefined && URL.canParse(service.license)) {
    links.push({ href: service.license, rel: "license" });
  }
  return {
    id: layer.id,
    title: layer.title,
    ...(layer.description === undefined ? {} : { description: layer.description }),
    ...(layer.keywords.length === 0 ? {} : { keywords: layer.keywords }),
    ...(extent ? { extent: extentMember(extent) } : {}),
    itemType: "feature",
    ...crsMembers(source),
    links,
  };
}

/** The URIs of the coordinate reference systems of a collection. CRS84, the default, is the first. */
export function crsUris({ source }: Pick<Collection, "source">): string[] {
  return [CRS84, ...(source?.bound.offered ?? []).map(({ uri }) => uri)];
}

/** The supported coordinate reference systems, and the one of the table (Part 2, 6.2). */
function crsMembers(source: Collection["source"]) {
  const crs = crsUris({ source });
  if (!source) return { crs };
  const { storage } = source.bound;
  // PostGIS stores longitude before latitude, which is CRS84. EPSG:4326 defines the opposite order.
  const stored = storage.kind === "crs84" ? CRS84 : storage.uri;
  return { crs, ...(stored === undefined ? {} : { storageCrs: stored }) };
}

function extentMember({ bbox, interval }: Extent) {
  return {
    ...(bbox ? { spatial: { bbox: [bbox], crs: CRS84 } } : {}),
    ...(interval ? { temporal: { interval: [interval], trs: GREGORIAN } } : {}),
  };
}
