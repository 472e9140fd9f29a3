import type { LeasedRows } from "@honua/pg-raw";
import { HttpProblem, httpProblem } from "@honua/service-kit";
import type { ClientAbort } from "../http/client-abort.ts";
import { entityTag } from "../http/entity-tag.ts";
import { type HttpResponse, joinParts } from "../http/http-response.ts";
import type { OfferedSystem } from "../layer/offered-systems.ts";
import { apiUrl, htmlLink, type Link } from "../ogc/link.ts";
import { CRS84, MEDIA } from "../ogc/media-types.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import { isResponseTooLarge, isResultTooLarge, readFeatures } from "./feature-problems.ts";
import { withFiniteGeometries } from "./formats/finite-geometry.ts";
import { parseCrs } from "./parameters/crs.ts";
import { checkFormat, queryParameters } from "./parameters/query-parameters.ts";

const PARAMETERS: ReadonlySet<string> = new Set(["f", "crs"]);
/** Bytes of a feature in an HTML view above which a shortened one is read instead. */
const MAX_VIEW_BYTES = 8 * 1024 * 1024;
/** Maximum length of an id. A longer id belongs to no feature. */
const MAX_ID_LENGTH = 2_000;

/**
 * One feature (Part 1, 7.16).
 *
 * @throws HttpProblem 404 for an id that no feature has, including an id of another type
 */
export async function itemResponse(
  collection: Collection,
  id: string,
  options: {
    query: string;
    base: string;
    clientAbort: ClientAbort;
    /** True for an HTML view, which may shorten long values. */
    isForView?: boolean;
  },
): Promise<HttpResponse> {
  const parameters = queryParameters(options.query, PARAMETERS);
  checkFormat(parameters);
  const system = await readFeatures(collection, async ({ bound }) =>
    parseCrs("crs", parameters.get("crs"), bound),
  );
  const { clientAbort, isForView = false } = options;
  const rows = await findFeature(collection, id, { system, clientAbort, isForView });
  const feature = rows?.value[0]?.[0];
  if (!rows || !feature) {
    throw httpProblem(
      "not-found",
      `The collection '${collection.layer.id}' has no feature '${id}'.`,
    );
  }
  const url = (...segments: string[]) =>
    apiUrl(options.base, "collections", collection.layer.id, ...segments);
  const links: Link[] = [
    { href: url("items", id), rel: "self", type: MEDIA.geojson, title: "This feature" },
    htmlLink(url("items", id)),
    { href: url(), rel: "collection", type: MEDIA.json, title: collection.layer.title },
  ];
  clientAbort.owner?.addRows(1);
  const end = `,"links":${JSON.stringify(links)}}`;
  const lease = rows.use(() => joinParts(withFiniteGeometries(feature), end));
  return {
    type: MEDIA.geojson,
    tag: entityTag(lease.value),
    cacheControl: collection.cacheControl,
    contentCrs: system?.uri ?? CRS84,
    body: lease.value,
    lease,
  };
}

async function findFeature(
  collection: Collection,
  id: string,
  {
    system,
    clientAbort,
    isForView,
  }: { system: OfferedSystem | undefined; clientAbort: ClientAbort; isForView: boolean },
): Promise<LeasedRows | undefined> {
  if (id.length > MAX_ID_LENGTH || id.includes("\u0000")) return undefined;
  try {
    const read = async ({ database, sql }: FeatureSource) => {
      const whole = sql.feature(id, { system });
      if (!isForView) return database.queryBytes(whole, clientAbort);
      const shortened = sql.feature(id, { system, shortened: true });
      return database
        .queryBytes({ ...whole, maxBytes: MAX_VIEW_BYTES }, clientAbort)
        .catch((error: unknown) => {
          if (isResultTooLarge(error)) return database.queryBytes(shortened, clientAbort);
          throw error;
        });
    };
    const advice = `Request a part of the feature with items?ids=${encodeURIComponent(id)} and properties or skipGeometry=true.`;
    return await readFeatures(collection, read, advice);
  } catch (error) {
    if (isResponseTooLarge(error)) throw error;
    // An id of another type, such as 'x' for a number, belongs to no feature.
    if (error instanceof HttpProblem && error.status === 400) return undefined;
    throw error;
  }
}
