import { isResponseTooLarge } from "../features/feature-problems.ts";
import { itemFormatOf, LONG_GEOJSON } from "../features/formats/item-formats.ts";
import { itemResponse } from "../features/item-response.ts";
import { itemsResponse } from "../features/items-response.ts";
import { createLongPages } from "../features/long-pages.ts";
import { sendItems } from "../features/send-items.ts";
import { createFeatureTableCache } from "../html/feature-table.ts";
import { renderFeatureView } from "../html/feature-view.ts";
import { renderItemsView, withViewLimits } from "../html/items-view.ts";
import { createSite } from "../html/site.ts";
import { formValue } from "../http/form-text.ts";
import { htmlResponse, sendResponse } from "../http/http-response.ts";
import type { Collection } from "../release/collection.ts";
import { type OgcContext, type RouteHandlers, requestedCollection } from "./ogc-context.ts";

/** Number of features above which a page is streamed instead of built as one text. */
const MAX_BUFFERED_FEATURES = 2_000;

/**
 * Features: pages of them, and each by its id (OGC API – Features).
 *
 * @param options.assets path of the assets that HTML views load
 */
export function featureRoutes(options: { assets: string }): RouteHandlers {
  const longPages = createLongPages();
  const tables = createFeatureTableCache();
  return {
    "/collections/:collectionId/items": sendPage,
    "/collections/:collectionId/items/:featureId": sendFeature,
  };

  function sendPage(context: OgcContext): Promise<void> {
    const { query } = context;
    const collection = requestedCollection(context);
    const { accept } = context.request.headers;
    const format = itemFormatOf(collection, { query, accept });
    if (typeof format === "object") return sendItems(context, collection, format);
    return format === "json"
      ? sendGeojsonPage(context, collection)
      : sendPageView(context, collection);
  }

  async function sendGeojsonPage(context: OgcContext, collection: Collection): Promise<void> {
    if (isLongPage(context.query, collection)) return sendItems(context, collection, LONG_GEOJSON);
    try {
      const options = { ...pageOptions(context), longPages };
      return await sendResponse(context, await itemsResponse(collection, options));
    } catch (error) {
      // Streaming feature by feature works for a page of any size.
      if (!isResponseTooLarge(error) || context.response.headersSent) throw error;
      return sendItems(context, collection, LONG_GEOJSON);
    }
  }

  async function sendPageView(context: OgcContext, collection: Collection): Promise<void> {
    const { query } = context;
    const inDegrees = { ...pageOptions(context), query: withoutCrs(query), isForView: true };
    const page = await itemsResponse(withViewLimits(collection), inDegrees);
    const view = htmlResponse(page, (text) =>
      renderItemsView(siteFor(context), collection, tables(collection), text, query),
    );
    await sendResponse(context, view);
  }

  async function sendFeature(context: OgcContext): Promise<void> {
    const id = String(context.pathParameters.featureId);
    const collection = requestedCollection(context);
    if (context.representation === "json") {
      return sendResponse(context, await itemResponse(collection, id, context));
    }
    const inDegrees = { ...context, query: withoutCrs(context.query), isForView: true };
    const feature = await itemResponse(collection, id, inDegrees);
    const view = htmlResponse(feature, (text) =>
      renderFeatureView(siteFor(context), collection, text),
    );
    await sendResponse(context, view);
  }

  function siteFor({ active, base }: OgcContext) {
    return createSite(active, base, options.assets);
  }
}

function pageOptions({ query, base, clientAbort }: OgcContext) {
  return { query, base, clientAbort, now: new Date() };
}

function isLongPage(query: string, { limits }: Collection): boolean {
  if (limits.max <= MAX_BUFFERED_FEATURES) return false;
  return Number(formValue(query, "limit") ?? limits.default) > MAX_BUFFERED_FEATURES;
}

/** The query without `crs`, because the map of an HTML view needs degrees. */
function withoutCrs(query: string): string {
  const parameters = new URLSearchParams(query);
  parameters.delete("crs");
  return parameters.toString();
}
