import { HttpProblem } from "@honua/service-kit";
import { type Request, Router } from "express";
import type { Serving } from "../lifecycle/serving.ts";
import { addTileRoutes } from "../tiles/tile-routes.ts";
import { send } from "./answer.ts";
import { baseUrlOf, type IsTrustedProxy } from "./base-url.ts";
import { allowOrigins, answerOptions } from "./cross-origin.ts";
import { departure } from "./departure.ts";
import { createDocumentCache } from "./document-cache.ts";
import { collectionsPage, describeCollection } from "./documents/collections.ts";
import { conformanceOf } from "./documents/conformance.ts";
import { featureSchema, queryables } from "./documents/json-schema.ts";
import { landingPage } from "./documents/landing-page.ts";
import { apiUrl } from "./documents/link.ts";
import { openapi } from "./documents/openapi.ts";
import { type Answering, collectionOf, type Documenting } from "./exchange.ts";
import { featurePage } from "./feature.ts";
import { noRelease } from "./feature-problems.ts";
import { itemsPage } from "./items.ts";
import { MEDIA, QUERYABLES_REL } from "./media-types.ts";
import { checkFormat, queryParameters } from "./parameters/query-parameters.ts";

const DOCUMENT_PARAMETERS: ReadonlySet<string> = new Set(["f"]);

/** OGC API Features over the release that is served; mounted at `/ogc`. */
export function ogcRoutes(options: {
  serving: Serving;
  /** Base of links that holds whatever a request says. */
  publicUrl: string | undefined;
  isTrustedProxy: IsTrustedProxy;
}): Router {
  const { serving } = options;
  const documents = createDocumentCache();
  const router = Router();

  const answer: Answering = (handle) => (request, response) =>
    serving.use(async (active) => {
      allowOrigins(request, response, active?.release.settings.cors?.origins ?? ["*"]);
      if (request.method === "OPTIONS") return answerOptions(response);
      if (!active) throw noRelease();
      const configured = options.publicUrl ?? active.release.settings.baseUrl;
      const base = baseUrlOf(
        { headers: request.headers, remoteAddress: request.socket.remoteAddress },
        { configured: configured?.replace(/\/+$/, ""), isTrustedProxy: options.isTrustedProxy },
      );
      await handle({
        request,
        response,
        active,
        base,
        query: queryOf(request),
        signal: departure(response),
      });
    });

  const document: Documenting = (make) =>
    answer((exchange) => {
      const { request, response, active, base, query } = exchange;
      checkFormat(queryParameters(query, DOCUMENT_PARAMETERS));
      const finished = documents.answer(active, `${base} ${request.path}`, () => {
        const { type = MEDIA.json, collection, ...made } = make(exchange);
        return { ...made, type, cacheControl: (collection ?? active).cacheControl };
      });
      return send(request, response, finished);
    });

  router.options(
    "/{*path}",
    answer(() => undefined),
  );
  router.get(
    "/",
    document(({ active, base }) => ({ body: landingPage(active, base) })),
  );
  router.get(
    "/conformance",
    document(({ active }) => ({ body: conformanceOf(active) })),
  );
  router.get(
    "/api",
    document(({ active, base }) => ({ body: openapi(active, base), type: MEDIA.openapi })),
  );
  router.get(
    "/collections",
    document(({ active, base }) => ({ body: collectionsPage(active, base) })),
  );
  router.get(
    "/collections/:collectionId",
    document((exchange) => {
      const { active, base } = exchange;
      const collection = collectionOf(exchange);
      const { id } = collection.layer;
      const queryablesUrl = apiUrl(base, "collections", id, "queryables");
      return {
        body: describeCollection(collection, active.extents.get(id), base),
        link: `<${queryablesUrl}>; rel="${QUERYABLES_REL}"; type="${MEDIA.schema}"`,
        collection,
      };
    }),
  );
  router.get(
    "/collections/:collectionId/queryables",
    document((exchange) => {
      const collection = collectionOf(exchange);
      return { body: queryables(collection, exchange.base), type: MEDIA.schema, collection };
    }),
  );
  router.get(
    "/collections/:collectionId/schema",
    document((exchange) => {
      const collection = collectionOf(exchange);
      return { body: featureSchema(collection, exchange.base), type: MEDIA.schema, collection };
    }),
  );
  router.get(
    "/collections/:collectionId/items",
    answer(async (exchange) => {
      const { request, response } = exchange;
      const page = await itemsPage(collectionOf(exchange), { ...exchange, now: new Date() });
      await send(request, response, page);
    }),
  );
  router.get(
    "/collections/:collectionId/items/:featureId",
    answer(async (exchange) => {
      const { request, response } = exchange;
      const id = String(request.params.featureId);
      await send(request, response, await featurePage(collectionOf(exchange), id, exchange));
    }),
  );
  addTileRoutes(router, { answer, document });
  router.all("/{*path}", (request, _response, next) => {
    if (request.method === "GET" || request.method === "HEAD") return next();
    throw new HttpProblem(405, "Method not allowed", `${request.method} is not possible here.`, {
      code: "method-not-allowed",
      headers: { Allow: "GET, HEAD, OPTIONS" },
    });
  });
  return router;
}

/** The query of a request as it was sent, without its `?`. */
function queryOf({ url }: Request): string {
  const start = url.indexOf("?");
  return start === -1 ? "" : url.slice(start + 1);
}
