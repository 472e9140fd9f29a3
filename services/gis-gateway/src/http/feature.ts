import { HttpProblem } from "@honua/service-kit";
import type { OfferedSystem } from "../check/offered-systems.ts";
import { withFiniteGeometries } from "../formats/finite-geometry.ts";
import { slabs } from "../memory/slabs.ts";
import type { Collection } from "../release/collection.ts";
import { type Answer, joined } from "./answer.ts";
import type { Departure } from "./departure.ts";
import { apiUrl, asPage, type Link } from "./documents/link.ts";
import { entityTag } from "./entity-tag.ts";
import { readFeatures } from "./feature-problems.ts";
import { CRS84, MEDIA } from "./media-types.ts";
import { parseCrs } from "./parameters/crs.ts";
import { checkFormat, queryParameters } from "./parameters/query-parameters.ts";

const PARAMETERS: ReadonlySet<string> = new Set(["f", "crs"]);
/** Ids longer than this belong to no feature. */
const MAX_ID = 2_000;

/**
 * One feature (Part 1, 7.16).
 *
 * @throws HttpProblem 404 for an id that no feature has, also one that none could have
 */
export async function featurePage(
  collection: Collection,
  id: string,
  options: { query: string; base: string; departure: Departure },
): Promise<Answer> {
  const parameters = queryParameters(options.query, PARAMETERS);
  checkFormat(parameters);
  const system = await readFeatures(collection, async ({ bound }) =>
    parseCrs("crs", parameters.get("crs"), bound),
  );
  const feature = await findFeature(collection, id, { system, departure: options.departure });
  if (feature === undefined) {
    throw new HttpProblem(
      404,
      "Not found",
      `The collection '${collection.layer.id}' has no feature '${id}'.`,
      { code: "not-found" },
    );
  }
  const url = (...segments: string[]) =>
    apiUrl(options.base, "collections", collection.layer.id, ...segments);
  const links: Link[] = [
    { href: url("items", id), rel: "self", type: MEDIA.geojson, title: "This feature" },
    asPage(url("items", id)),
    { href: url(), rel: "collection", type: MEDIA.json, title: collection.layer.title },
  ];
  const body = joined(withFiniteGeometries(feature), `,"links":${JSON.stringify(links)}}`);
  slabs.giveBack(feature);
  return {
    type: MEDIA.geojson,
    tag: entityTag(body),
    cacheControl: collection.cacheControl,
    contentCrs: system?.uri ?? CRS84,
    body,
    isLent: true,
  };
}

async function findFeature(
  collection: Collection,
  id: string,
  { system, departure }: { system: OfferedSystem | undefined; departure: Departure },
): Promise<Buffer | undefined> {
  if (id.length > MAX_ID || id.includes("\u0000")) return undefined;
  try {
    return await readFeatures(collection, async ({ database, sql }) => {
      const [row] = await database.queryBytes(sql.feature(id, system), departure);
      return row?.[0] ?? undefined;
    });
  } catch (error) {
    // 'x' is not the id of a feature whose ids are numbers.
    if (error instanceof HttpProblem && error.status === 400) return undefined;
    throw error;
  }
}
