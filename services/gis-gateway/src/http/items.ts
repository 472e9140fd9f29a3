import type { Row } from "../database/database.ts";
import { type Collection, type FeatureSource, isReserved } from "../release/collection.ts";
import { mayFailToProject } from "../sql/bbox-filter.ts";
import { COUNTED_ROWS, type PageRequest } from "../sql/feature-sql.ts";
import type { Answer } from "./answer.ts";
import { apiUrl, asPage, type Link } from "./documents/link.ts";
import { entityTag } from "./entity-tag.ts";
import { readFeatures } from "./feature-problems.ts";
import { MEDIA } from "./media-types.ts";
import { parseBbox } from "./parameters/bbox.ts";
import { decodeCursor, encodeCursor } from "./parameters/cursor.ts";
import { parseDatetime } from "./parameters/datetime.ts";
import { parseLimit, parseOffset } from "./parameters/limit.ts";
import { parameterProblem } from "./parameters/parameter-problem.ts";
import { checkPropertyValue } from "./parameters/property-filter.ts";
import {
  checkFormat,
  type QueryParameters,
  queryParameters,
} from "./parameters/query-parameters.ts";

/**
 * A page of features (Part 1, 7.15) from one statement; their text comes from the database as it is.
 *
 * @param query the query of the URL, without its `?`
 * @throws HttpProblem 400, 503
 */
export async function itemsPage(
  collection: Collection,
  options: { query: string; base: string; now: Date },
): Promise<Answer> {
  const parameters = queryParameters(options.query, collection.parameters);
  checkFormat(parameters);
  const { row, request } = await readFeatures(collection, async (source) => {
    const asked = pageRequest(collection, source, parameters);
    return { row: await readPage(source, asked), request: asked };
  });

  const features = String(row.features);
  const fetched = Number(row.fetched);
  const hasMore = fetched > request.limit;
  const returned = hasMore ? request.limit : fetched;
  const matched = matchedCount(row.matched, request, fetched, hasMore);
  const url = apiUrl(options.base, "collections", collection.layer.id, "items");
  const links = JSON.stringify(pageLinks(url, parameters, hasMore ? String(row.last) : undefined));
  const counts = `${matched === undefined ? "" : `"numberMatched":${matched},`}"numberReturned":${returned}`;
  return {
    type: MEDIA.geojson,
    tag: entityTag(counts, links, features),
    cacheControl: collection.cacheControl,
    body: `{"type":"FeatureCollection","timeStamp":"${options.now.toISOString()}",${counts},"links":${links},"features":[${features}]}`,
  };
}

function pageRequest(
  collection: Collection,
  source: FeatureSource,
  parameters: QueryParameters,
): PageRequest {
  const cursor = parameters.get("cursor");
  const offset = parseOffset(parameters.get("offset"));
  if (cursor !== undefined && offset > 0) {
    throw parameterProblem("offset", "a cursor already says where the page starts");
  }
  const bbox = parameters.get("bbox");
  const datetime = parameters.get("datetime");
  return {
    limit: parseLimit(parameters.get("limit"), collection.limits),
    offset,
    ...(cursor === undefined ? {} : { after: decodeCursor(cursor) }),
    ...(bbox === undefined ? {} : { boxes: parseBbox(bbox) }),
    ...(datetime === undefined ? {} : { during: parseDatetime(datetime) }),
    equals: equalities(collection, source, parameters),
    counts: source.counts,
    wholeTable: false,
    mayLackGeometries: source.mayLackGeometries(),
  };
}

function equalities(
  { layer }: Collection,
  { filters }: FeatureSource,
  parameters: QueryParameters,
): PageRequest["equals"] {
  return layer.properties.flatMap(({ name }) => {
    const value = isReserved(name) ? undefined : parameters.get(name);
    if (value === undefined) return [];
    const filter = filters.get(name);
    if (!filter) throw parameterProblem(name, "features cannot be filtered by it");
    checkPropertyValue(filter, value);
    return [{ column: filter.column, value }];
  });
}

/** Reads a page; once more without the spatial index when the box could not be projected. */
async function readPage(
  { database, bound, sql }: FeatureSource,
  request: PageRequest,
): Promise<Row> {
  const read = async (wholeTable: boolean) => {
    const [row] = await database.query(sql.page({ ...request, wholeTable }));
    if (!row) throw new TypeError("an aggregate gives one row");
    return row;
  };
  const mayNotFit = request.boxes !== undefined && mayFailToProject(bound);
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
  const isFirstPage = request.offset === 0 && request.after === undefined;
  return isFirstPage && !hasMore ? fetched : undefined;
}

function pageLinks(url: string, parameters: QueryParameters, last: string | undefined): Link[] {
  const links: Link[] = [
    { href: withQuery(url, [...parameters]), rel: "self", type: MEDIA.geojson, title: "This page" },
    asPage(url, parameters),
  ];
  if (last !== undefined) {
    const others = [...parameters].filter(([name]) => name !== "cursor" && name !== "offset");
    const next = withQuery(url, [...others, ["cursor", encodeCursor(last)]]);
    links.push({ href: next, rel: "next", type: MEDIA.geojson, title: "The next page" });
  }
  const collection = url.slice(0, url.lastIndexOf("/"));
  links.push({ href: collection, rel: "collection", type: MEDIA.json });
  return links;
}

function withQuery(url: string, parameters: [string, string][]): string {
  return parameters.length === 0 ? url : `${url}?${new URLSearchParams(parameters)}`;
}
