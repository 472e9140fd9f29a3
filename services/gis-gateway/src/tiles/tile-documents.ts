import { apiUrl, htmlLink, type Link } from "../ogc/link.ts";
import { CRS84, MEDIA } from "../ogc/media-types.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection } from "../release/collection.ts";
import {
  type Levels,
  TILE_MATRIX_SETS,
  type TileMatrixSet,
  tileLevels,
  tileMatrixSetLimits,
} from "./tile-matrix-set.ts";

/** Link relation of a list of vector tilesets (Tiles Part 1, 9.2). */
export const TILESETS_REL = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const TILING_SCHEME_REL = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

/** The data of a tileset: one collection, or all collections of the release that have tiles. */
export interface TileSource {
  title: string;
  /** Path of the tilesets below the API. */
  path: readonly string[];
  collections: readonly Collection[];
}

/** Maximum number of collections in the tiles of the whole release. */
const MAX_DATASET_COLLECTIONS = 50;

/** True if the database can create vector tiles of the collection, and the collection has a zoom level. */
export function hasTiles({ source, layer }: Collection): boolean {
  if (source?.database.facts.vectorTiles !== true) return false;
  return TILE_MATRIX_SETS.some((set) => hasLevels(tileLevels(set, layer)));
}

/** The tile source of one collection. Undefined if it has no tiles. */
export function collectionTileSource(collection: Collection): TileSource | undefined {
  if (!hasTiles(collection)) return undefined;
  const { id, title } = collection.layer;
  return { title, path: ["collections", id, "tiles"], collections: [collection] };
}

/** The tile source of the whole release. Undefined if no or too many collections have tiles. */
export function datasetTileSource({ collections, release }: ActiveRelease): TileSource | undefined {
  const tiled = [...collections.values()].filter(hasTiles);
  if (tiled.length === 0 || tiled.length > MAX_DATASET_COLLECTIONS) return undefined;
  return {
    title: release.settings.title ?? "All collections",
    path: ["tiles"],
    collections: tiled,
  };
}

/** The levels at which any collection of the source has tiles. */
export function sourceLevels(set: TileMatrixSet, { collections }: TileSource): Levels {
  const first = Math.min(...collections.map(({ layer }) => layer.minZoom ?? 0));
  const last = collections.map(({ layer }) => layer.maxZoom);
  const maxZoom = last.includes(undefined) ? undefined : Math.max(...last.map(Number));
  return tileLevels(set, { minZoom: first, maxZoom });
}

const hasLevels = ({ first, last }: Levels) => first <= last;

/** The tile matrix sets that have a level with tiles. A set may end before the first level of a layer. */
export function sourceTileMatrixSets(source: TileSource): TileMatrixSet[] {
  return TILE_MATRIX_SETS.filter((set) => hasLevels(sourceLevels(set, source)));
}

/** The first and the last level with tiles. The source must have one. */
export function zoomRange(
  set: TileMatrixSet,
  source: TileSource,
): { minZoom: number; maxZoom: number } {
  const { first, last } = sourceLevels(set, source);
  return { minZoom: first, maxZoom: last };
}

function tilingSchemeLink({ id, title }: TileMatrixSet, base: string): Link {
  return {
    href: apiUrl(base, "tileMatrixSets", id),
    rel: TILING_SCHEME_REL,
    type: MEDIA.json,
    title,
  };
}

/** The list of tilesets (Tiles Part 1, clause 9). */
export function tilesetsDocument(source: TileSource, base: string) {
  const url = apiUrl(base, ...source.path);
  return {
    links: [
      { href: url, rel: "self", type: MEDIA.json, title: "This document" },
      htmlLink(url),
    ] satisfies Link[],
    tilesets: sourceTileMatrixSets(source).map((set) => ({
      title: `${source.title}: ${set.title}`,
      dataType: "vector",
      crs: set.crs,
      tileMatrixSetURI: set.uri,
      links: [
        { href: `${url}/${set.id}`, rel: "self", type: MEDIA.json, title: "This tileset" },
        tilingSchemeLink(set, base),
      ],
    })),
  };
}

/** A tileset (OGC 17-083r4, 7.1; Tiles Part 1, clause 8). */
export function tilesetDocument(source: TileSource, set: TileMatrixSet, base: string) {
  const url = apiUrl(base, ...source.path, set.id);
  const links: (Link & { templated?: boolean })[] = [
    { href: url, rel: "self", type: MEDIA.json, title: "This tileset" },
    htmlLink(url),
    {
      href: `${url}/{tileMatrix}/{tileRow}/{tileCol}`,
      rel: "item",
      type: MEDIA.mvt,
      title: "Tiles",
      templated: true,
    },
    tilingSchemeLink(set, base),
  ];
  if (set.id === "WebMercatorQuad") {
    links.push({
      href: `${url}/tilejson`,
      rel: "describedby",
      type: MEDIA.json,
      title: "TileJSON",
    });
  }
  return {
    title: source.title,
    dataType: "vector",
    crs: set.crs,
    tileMatrixSetURI: set.uri,
    tileMatrixSetLimits: tileMatrixSetLimits(set, sourceLevels(set, source)),
    boundingBox: { lowerLeft: [-180, -90], upperRight: [180, 90], crs: CRS84 },
    layers: source.collections.map(({ layer }) => ({
      id: layer.id,
      title: layer.title,
      dataType: "vector",
    })),
    links,
  };
}

/** TileJSON 3.0 of a tileset on WebMercatorQuad, the only tile matrix set that TileJSON can describe. */
export function tileJsonDocument(source: TileSource, set: TileMatrixSet, base: string) {
  const { minZoom, maxZoom } = zoomRange(set, source);
  return {
    tilejson: "3.0.0",
    name: source.title,
    tiles: [`${apiUrl(base, ...source.path, set.id)}/{z}/{y}/{x}`],
    minzoom: minZoom,
    maxzoom: maxZoom,
    vector_layers: source.collections.map(({ layer }) => ({
      id: layer.id,
      description: layer.description ?? layer.title,
      ...(layer.minZoom === undefined ? {} : { minzoom: layer.minZoom }),
      ...(layer.maxZoom === undefined ? {} : { maxzoom: layer.maxZoom }),
      fields: Object.fromEntries(layer.properties.map(({ name, type }) => [name, fieldType(type)])),
    })),
  };
}

function fieldType(type: string): string {
  if (type === "integer" || type === "number") return "Number";
  return type === "boolean" ? "Boolean" : "String";
}
