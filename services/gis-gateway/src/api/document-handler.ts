import { checkFormat, queryParameters } from "../features/parameters/query-parameters.ts";
import { createSite, type Site } from "../html/site.ts";
import { sendResponse } from "../http/http-response.ts";
import { MEDIA } from "../ogc/media-types.ts";
import type { Collection } from "../release/collection.ts";
import { createDocumentCache } from "./document-cache.ts";
import type { OgcContext, RouteHandler } from "./ogc-context.ts";

/** A JSON document and its HTML view. */
export interface DocumentParts {
  body: unknown;
  /** Renders the HTML view. Without it, the document is JSON in every representation. */
  renderView?: (site: Site) => string;
  /** Media type of the document, if not `application/json`. */
  type?: string;
  /** Value of the `Link` header. */
  link?: string;
  /** The collection whose `Cache-Control` applies, if not that of the release. */
  collection?: Collection;
}

/** Builds the document for a request. */
export type DocumentRoute = (context: OgcContext) => DocumentParts;

/** Document routes by the pattern of their path. */
export type DocumentRoutes = Readonly<Record<string, DocumentRoute>>;

const DOCUMENT_PARAMETERS: ReadonlySet<string> = new Set(["f"]);

/**
 * Creates route handlers that send documents and cache them with their release.
 *
 * @param options.assets path of the assets that HTML views load
 */
export function createDocumentHandlers(options: {
  assets: string;
}): (route: DocumentRoute) => RouteHandler {
  const documents = createDocumentCache();
  return (route) => (context) => {
    const { active, base, path, query, representation } = context;
    checkFormat(queryParameters(query, DOCUMENT_PARAMETERS));
    const response = documents.responseFor(active, `${representation} ${base} ${path}`, () => {
      const { type = MEDIA.json, collection, body, renderView, link } = route(context);
      const { cacheControl } = collection ?? active;
      return {
        ...(renderView && representation === "html"
          ? { body: renderView(createSite(active, base, options.assets)), type: MEDIA.html }
          : { body, type }),
        ...(link === undefined ? {} : { link }),
        cacheControl,
      };
    });
    return sendResponse(context, response);
  };
}
