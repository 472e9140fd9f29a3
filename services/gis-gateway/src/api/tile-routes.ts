import { DATA_SECURITY_HEADERS, httpProblem } from "@honua/service-kit";
import { parameterProblem } from "../features/parameters/parameter-problem.ts";
import { queryParameters } from "../features/parameters/query-parameters.ts";
import { renderTileMatrixSetView } from "../html/tile-matrix-set-view.ts";
import { renderTileMatrixSetsView } from "../html/tile-matrix-sets-view.ts";
import { renderTilesetView } from "../html/tileset-view.ts";
import { renderTilesetsView } from "../html/tilesets-view.ts";
import { sendResponse } from "../http/http-response.ts";
import { createTileCache, type TileCache } from "../tiles/tile-cache.ts";
import {
  collectionTileSource,
  datasetTileSource,
  sourceTileMatrixSets,
  type TileSource,
  tileJsonDocument,
  tilesetDocument,
  tilesetsDocument,
} from "../tiles/tile-documents.ts";
import type { TileMatrixSet } from "../tiles/tile-matrix-set.ts";
import {
  tileMatrixSetDocument,
  tileMatrixSetsDocument,
} from "../tiles/tile-matrix-set-documents.ts";
import { findTileMatrixSet, parseTileAddress, tileResponse } from "../tiles/tile-response.ts";
import type { DocumentRoutes } from "./document-handler.ts";
import {
  type OgcContext,
  type RouteHandler,
  type RouteHandlers,
  requestedCollection,
} from "./ogc-context.ts";

/** Finds the source of the tiles that a path names. @throws HttpProblem 404 */
type FindTileSource = (context: OgcContext) => TileSource;

/** Parent paths of the tilesets: of the whole release, and of each collection. */
const TILE_ROOTS: Readonly<Record<string, FindTileSource>> = {
  "/tiles": requestedDataset,
  "/collections/:collectionId/tiles": requestedCollectionSource,
};

const TILE_PARAMETERS: ReadonlySet<string> = new Set(["f"]);

/** The documents of OGC API – Tiles. */
export const TILE_DOCUMENT_ROUTES: DocumentRoutes = {
  "/tileMatrixSets": ({ base }) => ({
    body: tileMatrixSetsDocument(base),
    renderView: renderTileMatrixSetsView,
  }),
  "/tileMatrixSets/:tileMatrixSetId": (context) => {
    const body = tileMatrixSetDocument(requestedTileMatrixSet(context));
    return { body, renderView: (site) => renderTileMatrixSetView(site, body) };
  },
  ...mergeRoutes(tilesetDocumentRoutes),
};

/** The tiles of OGC API – Tiles. @param options.tileCacheBytes capacity of the tile cache */
export function tileRoutes({ tileCacheBytes }: { tileCacheBytes: number }): RouteHandlers {
  const tiles = createTileCache({ maxBytes: tileCacheBytes, now: () => performance.now() });
  return mergeRoutes((root, findSource) => ({
    [`${root}/:tileMatrixSetId/:tileMatrix/:tileRow/:tileCol`]: tileHandler(findSource, tiles),
  }));
}

function mergeRoutes<Route>(
  routesBelow: (root: string, findSource: FindTileSource) => Record<string, Route>,
): Record<string, Route> {
  const routes = Object.entries(TILE_ROOTS).map(([root, find]) => routesBelow(root, find));
  return Object.assign({}, ...routes);
}

function tilesetDocumentRoutes(root: string, findSource: FindTileSource): DocumentRoutes {
  return {
    [root]: (context) => {
      const source = findSource(context);
      return {
        body: tilesetsDocument(source, context.base),
        renderView: (site) => renderTilesetsView(site, source),
      };
    },
    [`${root}/:tileMatrixSetId`]: (context) => {
      const source = findSource(context);
      const set = requestedTileset(context, source);
      return {
        body: tilesetDocument(source, set, context.base),
        renderView: (site) => renderTilesetView(site, source, set, context.active),
      };
    },
    [`${root}/WebMercatorQuad/tilejson`]: (context) => {
      const source = findSource(context);
      const set = checkTileset(source, findTileMatrixSet("WebMercatorQuad"));
      return { body: tileJsonDocument(source, set, context.base) };
    },
  };
}

function tileHandler(findSource: FindTileSource, tiles: TileCache): RouteHandler {
  return async (context) => {
    const { active, clientAbort, response, responseHeaders, pathParameters } = context;
    const format = queryParameters(context.query, TILE_PARAMETERS).get("f");
    if (format !== undefined && format !== "mvt") throw parameterProblem("f", "only 'mvt'");
    const { tileMatrix, tileRow, tileCol } = pathParameters;
    const address = parseTileAddress(String(tileMatrix), String(tileRow), String(tileCol));
    const source = findSource(context);
    const set = requestedTileset(context, source);
    const tile = await tileResponse(source, set, address, { active, tiles, clientAbort });
    if (tile) return sendResponse(context, tile);
    responseHeaders.write(response, 204, DATA_SECURITY_HEADERS);
    response.end();
  };
}

function requestedDataset({ active }: OgcContext): TileSource {
  return datasetTileSource(active) ?? noTiles("There are no tiles of all collections together.");
}

function requestedCollectionSource(context: OgcContext): TileSource {
  const collection = requestedCollection(context);
  const { id } = collection.layer;
  return collectionTileSource(collection) ?? noTiles(`The collection '${id}' has no tiles.`);
}

function requestedTileMatrixSet({ pathParameters }: OgcContext): TileMatrixSet {
  return findTileMatrixSet(String(pathParameters.tileMatrixSetId));
}

function requestedTileset(context: OgcContext, source: TileSource): TileMatrixSet {
  return checkTileset(source, requestedTileMatrixSet(context));
}

/** @throws HttpProblem 404 for a tile matrix set without tiles of the source */
function checkTileset(source: TileSource, set: TileMatrixSet): TileMatrixSet {
  if (sourceTileMatrixSets(source).includes(set)) return set;
  return noTiles(`There are no tiles of '${source.title}' in '${set.id}'.`);
}

function noTiles(detail: string): never {
  throw httpProblem("not-found", detail);
}
