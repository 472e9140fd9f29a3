import type { Lease } from "@honua/pg-raw";
import type { ClientAbort } from "../http/client-abort.ts";
import { entityTag } from "../http/entity-tag.ts";
import { type HttpResponse, joinParts } from "../http/http-response.ts";
import { totalOrder } from "../layer/sort-order.ts";
import { apiUrl } from "../ogc/link.ts";
import { CRS84, MEDIA } from "../ogc/media-types.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import type { PageRequest } from "../sql/page-request.ts";
import { type PageRow, readPageRow } from "../sql/page-row.ts";
import {
  isResultTooLarge,
  needsWholeTable,
  readFeatures,
  responseTooLarge,
} from "./feature-problems.ts";
import { withFiniteGeometries } from "./formats/finite-geometry.ts";
import { itemFormats } from "./formats/item-formats.ts";
import type { LongPages } from "./long-pages.ts";
import { neighbourPages, pageLinks } from "./page-links.ts";
import { parsePageRequest } from "./page-request.ts";
import { filterProblemOf, withFilterProblem } from "./parameters/filter.ts";
import { checkFormat, queryParameters } from "./parameters/query-parameters.ts";

/**
 * A page of features (Part 1, 7.15) from one statement. The database writes the text of the features.
 *
 * @param options.query the query of the URL, without its `?`
 * @param options.clientAbort cancels the query when the client disconnects
 * @param options.longPages limits for which a page is known to be too large
 * @throws HttpProblem 400, 429, 503; a problem for which `isResponseTooLarge` is true
 *   if the page must be streamed
 */
export async function itemsResponse(
  collection: Collection,
  options: {
    query: string;
    base: string;
    now: Date;
    clientAbort: ClientAbort;
    longPages?: LongPages;
    /** True for an HTML view, which may shorten long values. */
    isForView?: boolean;
  },
): Promise<HttpResponse> {
  const { longPages, isForView = false } = options;
  const parameters = queryParameters(options.query, collection.parameters);
  checkFormat(parameters);
  const { leased, request } = await readFeatures(collection, async (source) => {
    const asked = parsePageRequest(collection, source, parameters);
    if (longPages?.has(collection, asked.limit)) throw responseTooLarge();
    try {
      const read = isForView ? readViewPage : readPage;
      return { request: asked, leased: await read(source, asked, options.clientAbort) };
    } catch (error) {
      if (isResultTooLarge(error)) longPages?.record(collection, asked.limit);
      throw error;
    }
  });
  const page = leased.value;
  options.clientAbort.owner?.addRows(page.returned);

  const { place, offset } = request;
  const url = apiUrl(options.base, "collections", collection.layer.id, "items");
  const beside = neighbourPages(page, { place, offset, hasMore: page.hasMore });
  const links = JSON.stringify(
    pageLinks(url, parameters, beside, { formats: itemFormats(collection) }),
  );
  const matched = matchedCount(page, request);
  const counts = `${matched === undefined ? "" : `"numberMatched":${matched},`}"numberReturned":${page.returned}`;
  const before = `{"type":"FeatureCollection",${counts},"links":${links},"features":[`;
  // The time stamp comes last, because the entity tag is computed from the text before it.
  const after = `],"timeStamp":"${options.now.toISOString()}"}`;
  const lease = leased.use(({ features }) =>
    joinParts(before, withFiniteGeometries(features), after),
  );
  const body = lease.value;
  return {
    type: MEDIA.geojson,
    cacheControl: collection.cacheControl,
    contentCrs: request.system?.uri ?? CRS84,
    body,
    lease,
    tag: entityTag(body.subarray(0, body.length - after.length)),
  };
}

/** Bytes of the features of an HTML view above which shortened ones are read instead. */
const MAX_VIEW_BYTES = 8 * 1024 * 1024;

/** Reads a page for an HTML view: unchanged, or shortened if it is large. */
async function readViewPage(
  source: FeatureSource,
  request: PageRequest,
  clientAbort: ClientAbort,
): Promise<Lease<PageRow>> {
  try {
    return await readPage(source, request, clientAbort, MAX_VIEW_BYTES);
  } catch (error) {
    if (!isResultTooLarge(error)) throw error;
    return readPage(source, { ...request, shortened: true }, clientAbort);
  }
}

/** Reads a page. Retries without the spatial index if the box could not be transformed. */
async function readPage(
  { database, bound, sql }: FeatureSource,
  request: PageRequest,
  clientAbort: ClientAbort,
  maxBytes?: number,
): Promise<Lease<PageRow>> {
  const order = totalOrder(request.sortby, bound.key);
  const read = async (wholeTable: boolean) => {
    const written = withFilterProblem(() => sql.page({ ...request, wholeTable }));
    const statement = maxBytes === undefined ? written : { ...written, maxBytes };
    const rows = await database.queryBytes(statement, clientAbort);
    return rows.map(([row]) => {
      if (!row) throw new TypeError("The aggregate of a page returned no row.");
      return readPageRow(row, request, order);
    });
  };
  try {
    return await read(false).catch((error: unknown) => {
      if (needsWholeTable(error, bound, request)) return read(true);
      throw error;
    });
  } catch (error) {
    throw request.filter ? filterProblemOf(error) : error;
  }
}

/** The exact number of matching features if it is known: counted, or all on this page. */
function matchedCount({ matched, hasMore, returned }: PageRow, request: PageRequest) {
  if (matched !== undefined) return matched;
  const isFirstPage = request.offset === 0 && request.place === undefined;
  return isFirstPage && !hasMore ? returned : undefined;
}
