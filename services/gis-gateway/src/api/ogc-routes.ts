import type { IncomingMessage, ServerResponse } from "node:http";
import {
  DATA_SECURITY_HEADERS,
  type DirectRoutes,
  httpProblem,
  type Log,
} from "@honua/service-kit";
import { isResponseTooLarge, noActiveRelease } from "../features/feature-problems.ts";
import { itemFormatOf, LONG_GEOJSON } from "../features/formats/item-formats.ts";
import { itemResponse } from "../features/item-response.ts";
import { itemsResponse } from "../features/items-response.ts";
import { createLongPages } from "../features/long-pages.ts";
import { checkFormat, queryParameters } from "../features/parameters/query-parameters.ts";
import { sendItems } from "../features/send-items.ts";
import { type ApiDefinition, renderApiView } from "../html/api-view.ts";
import { renderCollectionView } from "../html/collection-view.ts";
import { renderCollectionsView } from "../html/collections-view.ts";
import { renderConformanceView } from "../html/conformance-view.ts";
import { createFeatureTableCache } from "../html/feature-table.ts";
import { renderFeatureView } from "../html/feature-view.ts";
import { renderItemsView, withViewLimits } from "../html/items-view.ts";
import { renderLandingView } from "../html/landing-view.ts";
import { renderSchemaView } from "../html/schema-view.ts";
import { createSite, type Site } from "../html/site.ts";
import type { BaseUrls } from "../http/base-url.ts";
import { clientAddress, type ProxySettings } from "../http/budgets/client-address.ts";
import { type ClientAccount, createClientBudgets } from "../http/budgets/client-budgets.ts";
import { ClientAbort } from "../http/client-abort.ts";
import { representationOf } from "../http/content-negotiation.ts";
import { allowMethods, allowOrigins } from "../http/cross-origin.ts";
import { formValue } from "../http/form-text.ts";
import { htmlResponse, sendResponse } from "../http/http-response.ts";
import type { RequestLimits } from "../http/request-limits.ts";
import type { MeasureRequest } from "../http/request-metrics.ts";
import { ResponseHeaders } from "../http/response-headers.ts";
import { createRouteTable, type Route } from "../http/route-table.ts";
import { createStreamLimiter } from "../http/stream-limiter.ts";
import type { Serving } from "../lifecycle/serving.ts";
import { API_PATH, apiUrl } from "../ogc/link.ts";
import { MEDIA, QUERYABLES_REL } from "../ogc/media-types.ts";
import type { Collection } from "../release/collection.ts";
import { collectionDocument, collectionsDocument } from "./collection-documents.ts";
import { conformanceDocument } from "./conformance-document.ts";
import { createDocumentCache } from "./document-cache.ts";
import { landingDocument } from "./landing-document.ts";
import { openapiDocument } from "./openapi-document.ts";
import {
  collectionOf,
  type DocumentRoute,
  type ReleaseRequest,
  type RouteHandler,
} from "./route-handler.ts";
import { queryablesDocument, schemaDocument } from "./schema-documents.ts";
import { addTileRoutes } from "./tile-routes.ts";

const DOCUMENT_PARAMETERS: ReadonlySet<string> = new Set(["f"]);

/** A request and where its path leads. */
interface Asked {
  request: IncomingMessage;
  response: ServerResponse;
  responseHeaders: ResponseHeaders;
  path: string;
  query: string;
  route: Route<RouteHandler> | undefined;
  owner: ClientAccount;
}

/** OGC API over the release that is served: everything below `/ogc`, without Express. */
export function ogcRoutes(options: {
  serving: Serving;
  baseUrls: BaseUrls;
  limits: RequestLimits;
  /** Path of what pages load. */
  assets: string;
  tileCacheBytes: number;
  measure: MeasureRequest;
  proxies: ProxySettings;
  log: Pick<Log, "warn">;
}): DirectRoutes {
  const { serving, measure, limits } = options;
  const streamLimiter = createStreamLimiter(limits.streams);
  const longPages = createLongPages();
  const budgets = createClientBudgets({ limits: limits.client, log: options.log });
  const documents = createDocumentCache();
  const tables = createFeatureTableCache();
  const routes = createRouteTable<RouteHandler>();

  const answer = ({ request, response, responseHeaders, path, query, route, owner }: Asked) =>
    serving.withRelease(async (active) => {
      allowOrigins(request, responseHeaders, active?.release.settings.cors?.origins ?? ["*"]);
      responseHeaders.vary("Accept");
      if (request.method === "OPTIONS") {
        allowMethods(responseHeaders);
        responseHeaders.write(response, 204, DATA_SECURITY_HEADERS);
        response.end();
        return;
      }
      refuseWriting(request);
      if (!route) throw httpProblem("not-found", `There is nothing at ${path}.`);
      if (!active) throw noActiveRelease();
      if ((request.url ?? "").length > limits.urlLength) {
        throw httpProblem(
          "url-too-long",
          `The URL has more than ${limits.urlLength} characters; ask for less.`,
        );
      }
      await route.handler({
        request,
        response,
        responseHeaders,
        path,
        query,
        pathParameters: route.parameters,
        active,
        base: options.baseUrls.baseUrlOf(request, active.release.settings.baseUrl),
        clientAbort: new ClientAbort(response, owner),
        representation: representationOf(request),
        responseTimeoutMs: limits.responseTimeoutSeconds * 1_000,
        stallTimeoutMs: limits.stallTimeoutSeconds * 1_000,
        streamLimiter,
      });
    });

  const siteFor = ({ active, base }: ReleaseRequest) => createSite(active, base, options.assets);

  const document: DocumentRoute = (make) => (context) => {
    const { active, base, path, query, representation } = context;
    checkFormat(queryParameters(query, DOCUMENT_PARAMETERS));
    const finished = documents.responseFor(active, `${representation} ${base} ${path}`, () => {
      const { type = MEDIA.json, collection, body, renderView, link } = make(context);
      const { cacheControl } = collection ?? active;
      return {
        ...(renderView && representation === "html"
          ? { body: renderView(siteFor(context)), type: MEDIA.html }
          : { body, type }),
        ...(link === undefined ? {} : { link }),
        cacheControl,
      };
    });
    return sendResponse(context, finished);
  };

  routes.add(
    "/",
    document(({ active, base }) => {
      const body = landingDocument(active, base);
      return { body, renderView: (site) => renderLandingView(site, body, active) };
    }),
  );
  routes.add(
    "/conformance",
    document(({ active }) => {
      const body = conformanceDocument(active);
      return { body, renderView: (site) => renderConformanceView(site, body) };
    }),
  );
  routes.add(
    "/api",
    document(({ active, base }) => {
      const body = openapiDocument(active, base);
      const renderView = (site: Site) => renderApiView(site, body as unknown as ApiDefinition);
      return { body, renderView, type: MEDIA.openapi };
    }),
  );
  routes.add(
    "/collections",
    document(({ active, base }) => ({
      body: collectionsDocument(active, base),
      renderView: (site) => renderCollectionsView(site, active),
    })),
  );
  routes.add(
    "/collections/:collectionId",
    document((context) => {
      const { active, base } = context;
      const collection = collectionOf(context);
      const { id } = collection.layer;
      const queryablesUrl = apiUrl(base, "collections", id, "queryables");
      return {
        body: collectionDocument(collection, active.extents.get(id), base),
        renderView: (site) => renderCollectionView(site, collection, active),
        link: `<${queryablesUrl}>; rel="${QUERYABLES_REL}"; type="${MEDIA.schema}"`,
        collection,
      };
    }),
  );
  routes.add(
    "/collections/:collectionId/queryables",
    document((context) => {
      const collection = collectionOf(context);
      const body = queryablesDocument(collection, context.base);
      const renderView = (site: Site) => renderSchemaView(site, collection, "queryables", body);
      return { body, renderView, type: MEDIA.schema, collection };
    }),
  );
  routes.add(
    "/collections/:collectionId/schema",
    document((context) => {
      const collection = collectionOf(context);
      const body = schemaDocument(collection, context.base);
      const renderView = (site: Site) => renderSchemaView(site, collection, "schema", body);
      return { body, renderView, type: MEDIA.schema, collection };
    }),
  );
  routes.add("/collections/:collectionId/items", async (context) => {
    const { request, query } = context;
    const asked = { query, base: context.base, clientAbort: context.clientAbort, now: new Date() };
    const collection = collectionOf(context);
    const { accept } = request.headers;
    const format = itemFormatOf(collection, { query, accept });
    if (typeof format === "object") return sendItems(context, collection, format);
    if (format === "json") {
      if (isLong(query, collection)) return sendItems(context, collection, LONG_GEOJSON);
      try {
        return await sendResponse(
          context,
          await itemsResponse(collection, { ...asked, longPages }),
        );
      } catch (error) {
        // Feature by feature, a page of any size can be sent.
        if (!isResponseTooLarge(error) || context.response.headersSent) throw error;
        return sendItems(context, collection, LONG_GEOJSON);
      }
    }
    const inDegrees = { ...asked, query: withoutCrs(query), isShown: true };
    const page = await itemsResponse(withViewLimits(collection), inDegrees);
    const text = renderItemsView(
      siteFor(context),
      collection,
      tables(collection),
      String(page.body),
      query,
    );
    await sendResponse(context, htmlResponse(page, text));
  });
  routes.add("/collections/:collectionId/items/:featureId", async (context) => {
    const { representation } = context;
    const id = String(context.pathParameters.featureId);
    const collection = collectionOf(context);
    if (representation === "json") {
      return sendResponse(context, await itemResponse(collection, id, context));
    }
    const inDegrees = { ...context, query: withoutCrs(context.query), isShown: true };
    const feature = await itemResponse(collection, id, inDegrees);
    const text = renderFeatureView(siteFor(context), collection, String(feature.body));
    await sendResponse(context, htmlResponse(feature, text));
  });
  addTileRoutes(routes, document, options);

  return (request) => {
    const { path, query } = partsOf(request.url ?? "");
    if (path !== API_PATH && !path.startsWith(`${API_PATH}/`)) return undefined;
    return async (_request, response) => {
      let route: Route<RouteHandler> | undefined;
      measure(
        request.method ?? "",
        () => (route ? `${API_PATH}${route.pattern}` : "none"),
        response,
      );
      route = routes.find(path.slice(API_PATH.length));
      const responseHeaders = new ResponseHeaders();
      try {
        const owner = budgets.admitRequest(clientAddress(request, options.proxies));
        leaveAtEnd(owner, response);
        await answer({ request, response, responseHeaders, path, query, route, owner });
      } catch (error) {
        if (response.headersSent) options.log.warn({ err: error, path }, "A response was cut off");
        else responseHeaders.copyTo(response);
        throw error;
      }
    };
  };
}

/** Ends a request in the account of its client when the response has been sent, or was cut off. */
function leaveAtEnd(owner: ClientAccount, response: ServerResponse): void {
  const { socket } = response;
  const before = socket?.bytesWritten ?? 0;
  response.once("close", () => owner.endRequest((socket?.bytesWritten ?? before) - before));
}

/** @throws HttpProblem 405 for what would change something */
function refuseWriting({ method = "" }: IncomingMessage): void {
  if (method === "GET" || method === "HEAD") return;
  throw httpProblem("method-not-allowed", `${method} is not possible here.`, {
    headers: { Allow: "GET, HEAD, OPTIONS" },
  });
}

/** A URL as it was sent: its path, and its query without the `?`. */
function partsOf(url: string): { path: string; query: string } {
  const end = url.indexOf("?");
  return end === -1
    ? { path: url, query: "" }
    : { path: url.slice(0, end), query: url.slice(end + 1) };
}

/** Features of a page beyond which it is sent as it is read, instead of as one text. */
const ONE_TEXT = 2_000;

function isLong(query: string, { limits }: Collection): boolean {
  if (limits.max <= ONE_TEXT) return false;
  return Number(formValue(query, "limit") ?? limits.default) > ONE_TEXT;
}

/** The query without `crs`: the map of a page is in degrees. */
function withoutCrs(query: string): string {
  const parameters = new URLSearchParams(query);
  parameters.delete("crs");
  return parameters.toString();
}
