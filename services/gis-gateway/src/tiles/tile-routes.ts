import { DATA_SECURITY_HEADERS, httpProblem } from "@honua/service-kit";
import { parameterProblem } from "../features/parameters/parameter-problem.ts";
import { queryParameters } from "../features/parameters/query-parameters.ts";
import { tileMatrixSetPage as tileMatrixSetHtml } from "../html/tile-matrix-set-view.ts";
import { tileMatrixSetsPage as tileMatrixSetsHtml } from "../html/tile-matrix-sets-view.ts";
import { tilesetPage as tilesetHtml } from "../html/tileset-view.ts";
import { tilesetsPage as tilesetsHtml } from "../html/tilesets-view.ts";
import { send } from "../http/http-response.ts";
import {
  type AnswerExchange,
  collectionOf,
  type Documenting,
  type Exchange,
} from "../http/request-context.ts";
import type { RouteTable } from "../http/route-table.ts";
import { createTileCache } from "./tile-cache.ts";
import {
  type Tiled,
  tiledCollection,
  tiledRelease,
  tileJson,
  tileMatrixSetsOf,
  tilesetPage,
  tilesetsPage,
} from "./tile-documents.ts";
import type { TileMatrixSet } from "./tile-matrix-set.ts";
import { tileMatrixSetPage, tileMatrixSetsPage } from "./tile-matrix-set-documents.ts";
import { tileAddress, tileAnswer, tileMatrixSetOf } from "./tile-response.ts";

const TILE_PARAMETERS: ReadonlySet<string> = new Set(["f"]);

/** OGC API Tiles: tilesets and tiles of each collection, and of all of them together. */
export function addTileRoutes(
  routes: Pick<RouteTable<AnswerExchange>, "add">,
  document: Documenting,
  { tileCacheBytes }: { tileCacheBytes: number },
): void {
  const tiles = createTileCache({ maxBytes: tileCacheBytes, now: () => performance.now() });
  routes.add(
    "/tileMatrixSets",
    document(({ base }) => ({ body: tileMatrixSetsPage(base), page: tileMatrixSetsHtml })),
  );
  routes.add(
    "/tileMatrixSets/:tileMatrixSetId",
    document((exchange) => {
      const body = tileMatrixSetPage(setOf(exchange));
      return { body, page: (site) => tileMatrixSetHtml(site, body) };
    }),
  );
  for (const [root, tiledOf] of [
    ["/tiles", ofRelease],
    ["/collections/:collectionId/tiles", ofCollection],
  ] as const) {
    routes.add(
      root,
      document((exchange) => {
        const tiled = tiledOf(exchange);
        return {
          body: tilesetsPage(tiled, exchange.base),
          page: (site) => tilesetsHtml(site, tiled),
        };
      }),
    );
    routes.add(
      `${root}/:tileMatrixSetId`,
      document((exchange) => {
        const tiled = tiledOf(exchange);
        const set = tilesetOf(exchange, tiled);
        return {
          body: tilesetPage(tiled, set, exchange.base),
          page: (site) => tilesetHtml(site, tiled, set, exchange.active),
        };
      }),
    );
    routes.add(
      `${root}/WebMercatorQuad/tilejson`,
      document((exchange) => {
        const tiled = tiledOf(exchange);
        const set = tilesetOf(exchange, tiled, tileMatrixSetOf("WebMercatorQuad"));
        return { body: tileJson(tiled, set, exchange.base) };
      }),
    );
    routes.add(`${root}/:tileMatrixSetId/:tileMatrix/:tileRow/:tileCol`, async (exchange) => {
      const { response, head, active, pathParameters } = exchange;
      const format = queryParameters(exchange.query, TILE_PARAMETERS).get("f");
      if (format !== undefined && format !== "mvt") throw parameterProblem("f", "only 'mvt'");
      const { tileMatrix, tileRow, tileCol } = pathParameters;
      const address = tileAddress(String(tileMatrix), String(tileRow), String(tileCol));
      const context = { active, tiles, departure: exchange.departure };
      const tiled = tiledOf(exchange);
      const tile = await tileAnswer(tiled, tilesetOf(exchange, tiled), address, context);
      if (tile) return send(exchange, tile);
      head.write(response, 204, DATA_SECURITY_HEADERS);
      response.end();
    });
  }
}

function setOf({ pathParameters }: Exchange): TileMatrixSet {
  return tileMatrixSetOf(String(pathParameters.tileMatrixSetId));
}

/** The set that the path names. @throws HttpProblem 404 for a set without a level of theirs */
function tilesetOf(exchange: Exchange, tiled: Tiled, set = setOf(exchange)): TileMatrixSet {
  if (tileMatrixSetsOf(tiled).includes(set)) return set;
  return noTiles(`There are no tiles of '${tiled.title}' in '${set.id}'.`);
}

function ofRelease({ active }: Exchange): Tiled {
  return tiledRelease(active) ?? noTiles("There are no tiles of all collections together.");
}

function ofCollection(exchange: Exchange): Tiled {
  const collection = collectionOf(exchange);
  const { id } = collection.layer;
  return tiledCollection(collection) ?? noTiles(`The collection '${id}' has no tiles.`);
}

function noTiles(detail: string): never {
  throw httpProblem("not-found", detail);
}
