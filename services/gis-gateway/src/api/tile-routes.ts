import { DATA_SECURITY_HEADERS, httpProblem } from "@honua/service-kit";
import { parameterProblem } from "../features/parameters/parameter-problem.ts";
import { queryParameters } from "../features/parameters/query-parameters.ts";
import { renderTileMatrixSetView } from "../html/tile-matrix-set-view.ts";
import { renderTileMatrixSetsView } from "../html/tile-matrix-sets-view.ts";
import { renderTilesetView } from "../html/tileset-view.ts";
import { renderTilesetsView } from "../html/tilesets-view.ts";
import { sendResponse } from "../http/http-response.ts";
import type { RouteTable } from "../http/route-table.ts";
import { createTileCache } from "../tiles/tile-cache.ts";
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
import {
  collectionOf,
  type DocumentRoute,
  type ReleaseRequest,
  type RouteHandler,
} from "./route-handler.ts";

const TILE_PARAMETERS: ReadonlySet<string> = new Set(["f"]);

/** OGC API Tiles: tilesets and tiles of each collection, and of all of them together. */
export function addTileRoutes(
  routes: Pick<RouteTable<RouteHandler>, "add">,
  document: DocumentRoute,
  { tileCacheBytes }: { tileCacheBytes: number },
): void {
  const tiles = createTileCache({ maxBytes: tileCacheBytes, now: () => performance.now() });
  routes.add(
    "/tileMatrixSets",
    document(({ base }) => ({
      body: tileMatrixSetsDocument(base),
      renderView: renderTileMatrixSetsView,
    })),
  );
  routes.add(
    "/tileMatrixSets/:tileMatrixSetId",
    document((context) => {
      const body = tileMatrixSetDocument(setOf(context));
      return { body, renderView: (site) => renderTileMatrixSetView(site, body) };
    }),
  );
  for (const [root, tiledOf] of [
    ["/tiles", ofRelease],
    ["/collections/:collectionId/tiles", ofCollection],
  ] as const) {
    routes.add(
      root,
      document((context) => {
        const tiled = tiledOf(context);
        return {
          body: tilesetsDocument(tiled, context.base),
          renderView: (site) => renderTilesetsView(site, tiled),
        };
      }),
    );
    routes.add(
      `${root}/:tileMatrixSetId`,
      document((context) => {
        const tiled = tiledOf(context);
        const set = tilesetOf(context, tiled);
        return {
          body: tilesetDocument(tiled, set, context.base),
          renderView: (site) => renderTilesetView(site, tiled, set, context.active),
        };
      }),
    );
    routes.add(
      `${root}/WebMercatorQuad/tilejson`,
      document((context) => {
        const tiled = tiledOf(context);
        const set = tilesetOf(context, tiled, findTileMatrixSet("WebMercatorQuad"));
        return { body: tileJsonDocument(tiled, set, context.base) };
      }),
    );
    routes.add(`${root}/:tileMatrixSetId/:tileMatrix/:tileRow/:tileCol`, async (context) => {
      const { response, responseHeaders, active, pathParameters } = context;
      const format = queryParameters(context.query, TILE_PARAMETERS).get("f");
      if (format !== undefined && format !== "mvt") throw parameterProblem("f", "only 'mvt'");
      const { tileMatrix, tileRow, tileCol } = pathParameters;
      const address = parseTileAddress(String(tileMatrix), String(tileRow), String(tileCol));
      const tileContext = { active, tiles, clientAbort: context.clientAbort };
      const tiled = tiledOf(context);
      const tile = await tileResponse(tiled, tilesetOf(context, tiled), address, tileContext);
      if (tile) return sendResponse(context, tile);
      responseHeaders.write(response, 204, DATA_SECURITY_HEADERS);
      response.end();
    });
  }
}

function setOf({ pathParameters }: ReleaseRequest): TileMatrixSet {
  return findTileMatrixSet(String(pathParameters.tileMatrixSetId));
}

/** The set that the path names. @throws HttpProblem 404 for a set without a level of theirs */
function tilesetOf(
  context: ReleaseRequest,
  tiled: TileSource,
  set = setOf(context),
): TileMatrixSet {
  if (sourceTileMatrixSets(tiled).includes(set)) return set;
  return noTiles(`There are no tiles of '${tiled.title}' in '${set.id}'.`);
}

function ofRelease({ active }: ReleaseRequest): TileSource {
  return datasetTileSource(active) ?? noTiles("There are no tiles of all collections together.");
}

function ofCollection(context: ReleaseRequest): TileSource {
  const collection = collectionOf(context);
  const { id } = collection.layer;
  return collectionTileSource(collection) ?? noTiles(`The collection '${id}' has no tiles.`);
}

function noTiles(detail: string): never {
  throw httpProblem("not-found", detail);
}
