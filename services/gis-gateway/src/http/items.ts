import type { Row } from "../database/database.ts";
import { withFiniteGeometries } from "../formats/finite-geometry.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import { mayFailToProject } from "../sql/bbox-filter.ts";
import { COUNTED_ROWS, type PageRequest } from "../sql/feature-sql.ts";
import type { TextAnswer } from "./answer.ts";
import { apiUrl } from "./documents/link.ts";
import { entityTag } from "./entity-tag.ts";
import { readFeatures } from "./feature-problems.ts";
import { formatLinks, itemFormats } from "./item-formats.ts";
import { CRS84, MEDIA } from "./media-types.ts";
import { neighbours, pageLinks } from "./page-links.ts";
import { pageRequest } from "./page-request.ts";
import { asFilterProblem, withFilterProblem } from "./parameters/filter.ts";
import { checkFormat, queryParameters } from "./parameters/query-parameters.ts";

/**
 * A page of features (Part 1, 7.15) from one statement; their text comes from the database as it is.
 *
 * @param options.query the query of the URL, without its `?`
 * @param options.signal ends the query once nobody waits for it
 * @throws HttpProblem 400, 503
 */
export async function itemsPage(
  collection: Collection,
  options: { query: string; base: string; now: Date; signal: AbortSignal },
): Promise<TextAnswer> {
  const parameters = queryParameters(options.query, collection.parameters);
  checkFormat(parameters);
  const { row, request } = await readFeatures(collection, async (source) => {
    const asked = pageRequest(collection, source, parameters);
    return { row: await readPage(source, asked, options.signal), request: asked };
  });

  const features = withFiniteGeometries(String(row.features));
  const fetched = Number(row.fetched);
  const hasMore = fetched > request.limit;
  const returned = hasMore ? request.limit : fetched;
  const matched = matchedCount(row.matched, request, fetched, hasMore);
  const url = apiUrl(options.base, "collections", collection.layer.id, "items");
  const { nearest, farthest } = row;
  const { place, offset } = request;
  const beside = neighbours({ nearest, farthest }, { place, offset, hasMore });
  const alternates = formatLinks(url, parameters, itemFormats(collection));
  const links = JSON.stringify(pageLinks(url, parameters, beside, { alternates }));
  const counts = `${matched === undefined ? "" : `"numberMatched":${matched},`}"numberReturned":${returned}`;
  return {
    type: MEDIA.geojson,
    tag: entityTag(counts, links, features),
    cacheControl: collection.cacheControl,
    contentCrs: request.system?.uri ?? CRS84,
    body: `{"type":"FeatureCollection","timeStamp":"${options.now.toISOString()}",${counts},"links":${links},"features":[${features}]}`,
  };
}

/** Reads a page; once more without the spatial index when the box could not be projected. */
async function readPage(
  { database, bound, sql }: FeatureSource,
  request: PageRequest,
  signal: AbortSignal,
): Promise<Row> {
  const read = async (wholeTable: boolean) => {
    const statement = withFilterProblem(() => sql.page({ ...request, wholeTable }));
    const [row] = await database.query(statement, signal).catch((error: unknown) => {
      throw request.filter ? asFilterProblem(error) : error;
    });
    if (!row) throw new TypeError("an aggregate gives one row");
    return row;
  };
  const mayNotFit =
    request.areas !== undefined || (request.boxes !== undefined && mayFailToProject(bound));
  return mayNotFit ? read(false).catch(() => read(true)) : read(false);
}

/** How many features match, where that is known exactly: counted, or all on this page. */
function matchedCount(
  counted: unknown,
  request: PageRequest,
  fetched: number,
  hasMore: boolean,
): number | undefined {
  if (counted !== null && Number(counted) <= COUNTED_ROWS) return Number(counted);
  const isFirstPage = request.offset === 0 && request.place === undefined;
  return isFirstPage && !hasMore ? fetched : undefined;
}
