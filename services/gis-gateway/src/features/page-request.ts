import { totalOrder } from "../layer/sort-order.ts";
import { isReserved } from "../ogc/items-parameters.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import type { PageRequest } from "../sql/page-request.ts";
import { parseBboxInCrs, parseCrs } from "./parameters/crs.ts";
import { decodeCursor } from "./parameters/cursor.ts";
import { parseDatetime } from "./parameters/datetime.ts";
import { parseFilter } from "./parameters/filter.ts";
import { parseLimit, parseOffset } from "./parameters/limit.ts";
import { parameterProblem } from "./parameters/parameter-problem.ts";
import { checkPropertyValue } from "./parameters/property-filter.ts";
import type { QueryParameters } from "./parameters/query-parameters.ts";
import { parseIds, parseSelection, parseSortby } from "./parameters/selection.ts";

/**
 * Parses the parameters of `/items` that select features.
 *
 * @throws HttpProblem 400
 */
export function parsePageRequest(
  collection: Collection,
  source: FeatureSource,
  parameters: QueryParameters,
): PageRequest {
  const cursor = parameters.get("cursor");
  const offset = parseOffset(parameters.get("offset"));
  if (cursor !== undefined && offset > 0) {
    throw parameterProblem("offset", "it cannot be combined with cursor");
  }
  const sortbyText = parameters.get("sortby");
  const sortby =
    sortbyText === undefined ? (source.bound.order ?? []) : parseSortby(sortbyText, source);
  const order = totalOrder(sortby, source.bound.key);
  const ids = parameters.get("ids");
  const bbox = parameters.get("bbox");
  const bboxSystem = parseCrs("bbox-crs", parameters.get("bbox-crs"), source.bound);
  const datetime = parameters.get("datetime");
  const filter = parseFilter(parameters, source.bound, collection.filterLength);
  return {
    limit: parseLimit(parameters.get("limit"), collection.limits),
    offset,
    sortby,
    ...(cursor === undefined ? {} : { place: decodeCursor(cursor, order) }),
    ...(ids === undefined ? {} : { ids: parseIds(ids) }),
    ...(bbox === undefined ? {} : parseBboxInCrs(bbox, bboxSystem)),
    ...(datetime === undefined ? {} : { during: parseDatetime(datetime) }),
    equals: parsePropertyFilters(collection, source, parameters),
    ...(filter === undefined ? {} : { filter }),
    counts: source.counts,
    wholeTable: false,
    mayLackGeometries: source.mayLackGeometries(),
    extent: source.extent(),
    ...parseSelection(
      { properties: parameters.get("properties"), skipGeometry: parameters.get("skipGeometry") },
      source.bound,
    ),
    system: parseCrs("crs", parameters.get("crs"), source.bound),
  };
}

function parsePropertyFilters(
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
