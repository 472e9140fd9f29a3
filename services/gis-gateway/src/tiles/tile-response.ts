import { type HttpProblem, httpProblem } from "@honua/service-kit";
import { needsWholeTable, readFeatures } from "../features/feature-problems.ts";
import type { ClientAbort } from "../http/client-abort.ts";
import { entityTag } from "../http/entity-tag.ts";
import type { HttpResponse } from "../http/http-response.ts";
import { MEDIA } from "../ogc/media-types.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import type { TileCache } from "./tile-cache.ts";
import { sourceLevels, type TileSource } from "./tile-documents.ts";
import {
  isTileInLevels,
  TILE_MATRIX_SETS,
  type TileAddress,
  type TileMatrixSet,
  tileLevels,
} from "./tile-matrix-set.ts";
import { tileSql } from "./tile-sql.ts";

/** @throws HttpProblem 404 for an unknown tile matrix set */
export function findTileMatrixSet(id: string): TileMatrixSet {
  const set = TILE_MATRIX_SETS.find((known) => known.id === id);
  if (set) return set;
  throw notFound(`There are no tiles on the tile matrix set '${id}'.`);
}

/** @throws HttpProblem 404 for an address that no tile can have */
export function parseTileAddress(matrix: string, row: string, column: string): TileAddress {
  const [level, y, x] = [matrix, row, column].map((text) =>
    /^\d{1,9}$/.test(text) ? Number(text) : undefined,
  );
  if (level === undefined || y === undefined || x === undefined) {
    throw notFound(`There is no tile '${matrix}/${row}/${column}'.`);
  }
  return { matrix: level, row: y, column: x };
}

/** Maximum bytes of a tile of one collection. Maps cannot use tiles of more than a few megabytes. */
const MAX_TILE_BYTES = 32 * 1024 * 1024;

/** The release and the client of a tile request. */
interface TileContext {
  active: ActiveRelease;
  tiles: TileCache;
  clientAbort: ClientAbort;
}

/**
 * One tile (Tiles Part 1, clause 7). Its layers, one for each collection, are concatenated, as the format
 * allows. Undefined for a tile without features.
 *
 * @throws HttpProblem 404 for an address outside the limits
 */
export async function tileResponse(
  tiled: TileSource,
  set: TileMatrixSet,
  address: TileAddress,
  context: TileContext,
): Promise<HttpResponse | undefined> {
  const levels = sourceLevels(set, tiled);
  if (!isTileInLevels(set, levels, address)) {
    const { matrix, row, column } = address;
    throw notFound(
      `There is no tile '${matrix}/${row}/${column}' in this tileset, whose levels are ${levels.first} to ${levels.last}.`,
    );
  }
  const [first, ...others] = tiled.collections;
  if (first && others.length === 0) {
    const tile = await layerTile(first, set, address, context);
    return tile.body.length === 0 ? undefined : tile;
  }
  const layers = await Promise.all(
    tiled.collections
      .filter(({ layer }) => isTileInLevels(set, tileLevels(set, layer), address))
      .map((collection) => layerTile(collection, set, address, context)),
  );
  const body = Buffer.concat(layers.map((layer) => layer.body));
  if (body.length === 0) return undefined;
  const { tileCacheControl } = context.active;
  return { type: MEDIA.mvt, body, tag: entityTag(body), cacheControl: tileCacheControl };
}

/** The tile of one collection, which is also the response if no other collection is requested. */
function layerTile(
  collection: Collection,
  set: TileMatrixSet,
  address: TileAddress,
  { active, tiles, clientAbort }: TileContext,
): Promise<HttpResponse> {
  const { matrix, row, column } = address;
  const { tileCacheControl: cacheControl, cacheSeconds, layer } = collection;
  return tiles.get(`${active.digest}/${set.id}/${matrix}/${row}/${column}/${layer.id}`, {
    ttlMs: cacheSeconds * 1_000,
    client: clientAbort,
    createTile: ({ signal }) => {
      const client = { signal, owner: clientAbort.owner };
      const read = async ({ database, bound }: FeatureSource): Promise<HttpResponse> => {
        const readTile = (wholeTable: boolean) => {
          const statement = tileSql(bound, set, address, wholeTable);
          return database.queryBytes({ ...statement, maxBytes: MAX_TILE_BYTES }, client);
        };
        const rows = await readTile(false).catch((error: unknown) => {
          if (needsWholeTable(error, bound, { boxes: [] })) return readTile(true);
          throw error;
        });
        // A copy, because the cache keeps the tile and several clients may share it.
        const body = rows.use(([row]) => Buffer.from(row?.[0] ?? ""));
        const isCached = cacheSeconds > 0;
        return { type: MEDIA.mvt, body, tag: entityTag(body), cacheControl, isCached };
      };
      return readFeatures(collection, read, "Request a tile of a higher zoom level.");
    },
  });
}

function notFound(detail: string): HttpProblem {
  return httpProblem("not-found", detail);
}
