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

/** What tiles are made of: one collection, or all of the release that have tiles. */
export interface TileSource {
  title: string;
  /** Path of the tiles under the API. */
  path: readonly string[];
  collections: readonly Collection[];
}

/** Collections up to which a tile of all of them is offered. */
const MAX_DATASET_COLLECTIONS = 50;

/** True when vector tiles of a collection can be made, and there is a level for them. */
export function hasTiles({ source, layer }: Collection): boolean {
  if (source?.database.facts.vectorTiles !== true) return false;
  return TILE_MATRIX_SETS.some((set) => hasLevels(tileLevels(set, layer)));
}

/** The tiles of one collection; undefined when it has none. */
export function collectionTileSource(collection: Collection): TileSource | undefined {
  if (!hasTiles(collection)) return undefined;
  const { id, title } = collection.layer;
  return { title, path: ["collections", id, "tiles"], collections: [collection] };
}

/** The tiles of everything; undefined when that is nothing, or too much for one tile. */
export function datasetTileSource({ collections, release }: ActiveRelease): TileSource | undefined {
  const tiled = [...collections.values()].filter(hasTiles);
  if (tiled.length === 0 || tiled.length > MAX_DATASET_COLLECTIONS) return undefined;
  return {
    title: release.settings.title ?? "All collections",
    path: ["tiles"],
    collections: tiled,
  };
}

/** The levels that have tiles of any of these collections. */
export function sourceLevels(set: TileMatrixSet, { collections }: TileSource): Levels {
  const first = Math.min(...collections.map(({ layer }) => layer.minZoom ?? 0));
  const last = collections.map(({ layer }) => layer.maxZoom);
  const maxZoom = last.includes(undefined) ? undefined : Math.max(...last.map(Number));
  return tileLevels(set, { minZoom: first, maxZoom });
}

const hasLevels = ({ first, last }: Levels) => first <= last;

/** The tile matrix sets that have a level with tiles; not every one goes as far as a layer may begin. */
export function sourceTileMatrixSets(tiled: TileSource): TileMatrixSet[] {
  return TILE_MATRIX_SETS.filter((set) => hasLevels(sourceLevels(set, tiled)));
}

/** The first and the last level that has tiles; there is one. */
export function zoomRange(
  set: TileMatrixSet,
  tiled: TileSource,
): { minZoom: number; maxZoom: number } {
  const { first, last } = sourceLevels(set, tiled);
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
export function tilesetsDocument(tiled: TileSource, base: string) {
  const url = apiUrl(base, ...tiled.path);
  return {
    links: [
      { href: url, rel: "self", type: MEDIA.json, title: "This document" },
      htmlLink(url),
    ] satisfies Link[],
    tilesets: sourceTileMatrixSets(tiled).map((set) => ({
      title: `${tiled.title}: ${set.title}`,
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
export function tilesetDocument(tiled: TileSource, set: TileMatrixSet, base: string) {
  const url = apiUrl(base, ...tiled.path, set.id);
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
    title: tiled.title,
    dataType: "vector",
    crs: set.crs,
    tileMatrixSetURI: set.uri,
    tileMatrixSetLimits: tileMatrixSetLimits(set, sourceLevels(set, tiled)),
    boundingBox: { lowerLeft: [-180, -90], upperRight: [180, 90], crs: CRS84 },
    layers: tiled.collections.map(({ layer }) => ({
      id: layer.id,
      title: layer.title,
      dataType: "vector",
    })),
    links,
  };
}

/** TileJSON 3.0 of a tileset on WebMercatorQuad, which is the only one it can describe. */
export function tileJsonDocument(tiled: TileSource, set: TileMatrixSet, base: string) {
  const { minZoom, maxZoom } = zoomRange(set, tiled);
  return {
    tilejson: "3.0.0",
    name: tiled.title,
    tiles: [`${apiUrl(base, ...tiled.path, set.id)}/{z}/{y}/{x}`],
    minzoom: minZoom,
    maxzoom: maxZoom,
    vector_layers: tiled.collections.map(({ layer }) => ({
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
