import type { DirectRoutes } from "@honua/service-kit";
import { createRouteTable } from "../http/route-table.ts";
import { API_PATH } from "../ogc/link.ts";
import { createDocumentHandlers } from "./document-handler.ts";
import { DOCUMENT_ROUTES } from "./document-routes.ts";
import { featureRoutes } from "./feature-routes.ts";
import type { RouteHandler } from "./ogc-context.ts";
import { OgcRequests, type OgcRequestsOptions } from "./ogc-requests.ts";
import { TILE_DOCUMENT_ROUTES, tileRoutes } from "./tile-routes.ts";

/**
 * The OGC API of the active release: everything below `/ogc`, without Express.
 *
 * @param options.assets path of the assets that HTML views load
 * @param options.tileCacheBytes capacity of the tile cache
 */
export function ogcRoutes(
  options: OgcRequestsOptions & { assets: string; tileCacheBytes: number },
): DirectRoutes {
  const documentHandler = createDocumentHandlers(options);
  const routes = createRouteTable<RouteHandler>();
  for (const [pattern, route] of Object.entries({ ...DOCUMENT_ROUTES, ...TILE_DOCUMENT_ROUTES })) {
    routes.add(pattern, documentHandler(route));
  }
  const handlers = { ...featureRoutes(options), ...tileRoutes(options) };
  for (const [pattern, handler] of Object.entries(handlers)) routes.add(pattern, handler);
  const requests = new OgcRequests(routes, options);

  return (request) => {
    const { path, query } = splitUrl(request.url ?? "");
    if (path !== API_PATH && !path.startsWith(`${API_PATH}/`)) return undefined;
    return (_request, response) => requests.handle({ request, response, path, query });
  };
}

/** The path of a URL as it was sent, and its query without the `?`. */
function splitUrl(url: string): { path: string; query: string } {
  const end = url.indexOf("?");
  return end === -1
    ? { path: url, query: "" }
    : { path: url.slice(0, end), query: url.slice(end + 1) };
}
