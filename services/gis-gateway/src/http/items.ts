import { withFiniteGeometries } from "../formats/finite-geometry.ts";
import { slabs } from "../memory/slabs.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import type { PageRequest } from "../sql/feature-sql.ts";
import { totalOrder } from "../sql/page-order.ts";
import { type PageRow, readPageRow } from "../sql/page-row.ts";
import { type Answer, joined } from "./answer.ts";
import type { Departure } from "./departure.ts";
import { apiUrl } from "./documents/link.ts";
import { entityTag } from "./entity-tag.ts";
import { needsWholeTable, readFeatures } from "./feature-problems.ts";
import { itemFormats } from "./item-formats.ts";
import { CRS84, MEDIA } from "./media-types.ts";
import { neighbours, pageLinks } from "./page-links.ts";
import { pageRequest } from "./page-request.ts";
import { asFilterProblem, withFilterProblem } from "./parameters/filter.ts";
import { checkFormat, queryParameters } from "./parameters/query-parameters.ts";

/**
 * A page of features (Part 1, 7.15) from one statement; their text comes from the database as it is.
 *
 * @param options.query the query of the URL, without its `?`
 * @param options.departure ends the query once nobody waits for it
 * @throws HttpProblem 400, 503
 */
export async function itemsPage(
  collection: Collection,
  options: { query: string; base: string; now: Date; departure: Departure },
): Promise<Answer> {
  const parameters = queryParameters(options.query, collection.parameters);
  checkFormat(parameters);
  const { page, request } = await readFeatures(collection, async (source) => {
    const asked = pageRequest(collection, source, parameters);
    return { request: asked, page: await readPage(source, asked, options.departure) };
  });

  const { place, offset } = request;
  const url = apiUrl(options.base, "collections", collection.layer.id, "items");
  const beside = neighbours(page, { place, offset, hasMore: page.hasMore });
  const links = JSON.stringify(
    pageLinks(url, parameters, beside, { formats: itemFormats(collection) }),
  );
  const matched = matchedCount(page, request);
  const counts = `${matched === undefined ? "" : `"numberMatched":${matched},`}"numberReturned":${page.returned}`;
  const before = `{"type":"FeatureCollection",${counts},"links":${links},"features":[`;
  // The moment comes last, so that what the tag is of stands before it.
  const after = `],"timeStamp":"${options.now.toISOString()}"}`;
  const body = joined(before, withFiniteGeometries(page.features), after);
  slabs.giveBack(page.features);
  return {
    type: MEDIA.geojson,
    cacheControl: collection.cacheControl,
    contentCrs: request.system?.uri ?? CRS84,
    body,
    isLent: true,
    tag: entityTag(body.subarray(0, body.length - after.length)),
  };
}

/** Reads a page; once more without the spatial index when the box could not be projected. */
async function readPage(
  { database, bound, sql }: FeatureSource,
  request: PageRequest,
  departure: Departure,
): Promise<PageRow> {
  const order = totalOrder(request.sortby, bound.key);
  const read = async (wholeTable: boolean) => {
    const statement = withFilterProblem(() => sql.page({ ...request, wholeTable }));
    const [row] = await database.queryBytes(statement, departure);
    if (!row) throw new TypeError("an aggregate gives one row");
    return readPageRow(row, request, order);
  };
  try {
    return await read(false).catch((error: unknown) => {
      if (needsWholeTable(error, bound, request)) return read(true);
      throw error;
    });
  } catch (error) {
    throw request.filter ? asFilterProblem(error) : error;
  }
}

/** How many features match, where that is known exactly: counted, or all on this page. */
function matchedCount({ matched, hasMore, returned }: PageRow, request: PageRequest) {
  if (matched !== undefined) return matched;
  const isFirstPage = request.offset === 0 && request.place === undefined;
  return isFirstPage && !hasMore ? returned : undefined;
}
