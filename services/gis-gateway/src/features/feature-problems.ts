import { DATABASE_CODES } from "@honua/pg-raw";
import {
  HonuaError,
  HttpProblem,
  httpProblem,
  messageOf,
  PermanentError,
} from "@honua/service-kit";
import type { BoundLayer } from "../layer/bound-layer.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import { mayFailToProject } from "../sql/bbox-filter.ts";
import type { PageRequest } from "../sql/page-request.ts";

/** Error codes for a client that exceeds its share of the connections. */
const CONNECTION_SHARE_CODES: ReadonlySet<string> = new Set([
  DATABASE_CODES.preempted,
  DATABASE_CODES.cursors,
]);

/** Seconds after which a client may retry. */
const RETRY_AFTER = "5";

/** Problem code of a response that is too large. */
const RESPONSE_TOO_LARGE = "response-too-large";

/** Tells the client how to request a smaller page. */
const SMALLER_PAGE_ADVICE =
  "Request fewer features with limit, a smaller area with bbox, or fewer properties with properties and skipGeometry=true. You can also choose a streamed format such as f=geojsonseq or f=csv.";

/** True for the problem that `responseTooLarge` creates. */
export function isResponseTooLarge(error: unknown): boolean {
  return error instanceof HttpProblem && error.code === RESPONSE_TOO_LARGE;
}

/** True if the result of a statement is too large. */
export function isResultTooLarge(error: unknown): boolean {
  return error instanceof HonuaError && error.code === DATABASE_CODES.tooLarge;
}

/** @param advice tells the client how to request less data */
export function responseTooLarge(advice = SMALLER_PAGE_ADVICE): HttpProblem {
  const detail = `The response is too large to be built in memory. ${advice}`;
  return httpProblem(RESPONSE_TOO_LARGE, detail);
}

/**
 * Reads from a collection's source.
 *
 * @param advice tells the client how to request less data if the result is too large
 * @throws HttpProblem 503 while the collection does not match its database, 400 for a value that
 *   does not fit its column or a result that is too large, 429 for a client that holds too many
 *   connections. Other errors are thrown unchanged.
 */
export async function readFeatures<Result>(
  { source, layer }: Collection,
  read: (source: FeatureSource) => Promise<Result>,
  advice?: string,
): Promise<Result> {
  if (!source) {
    // The reason names hosts, tables and columns. Operators find it in readiness, status and log.
    throw httpProblem(
      "collection-unavailable",
      `The collection '${layer.id}' is temporarily unavailable.`,
      { headers: { "Retry-After": RETRY_AFTER } },
    );
  }
  try {
    return await read(source);
  } catch (error) {
    if (error instanceof PermanentError && error.code === DATABASE_CODES.badValue) {
      throw httpProblem(error.code, error.message);
    }
    if (isResultTooLarge(error)) {
      throw responseTooLarge(advice);
    }
    if (error instanceof HonuaError && CONNECTION_SHARE_CODES.has(error.code)) {
      throw httpProblem(error.code, error.message, { headers: { "Retry-After": RETRY_AFTER } });
    }
    if (isProjectionFailure(error)) {
      throw httpProblem(
        "outside-crs",
        "crs, bbox-crs: part of the requested area or features is outside the area of use of this coordinate reference system.",
      );
    }
    throw error;
  }
}

/**
 * True if a statement failed because PostGIS could not transform the boxes of the request into the
 * projection of the table. A scan of the whole table does not need that transformation.
 */
export function needsWholeTable(
  error: unknown,
  bound: BoundLayer,
  { boxes, areas }: Pick<PageRequest, "boxes" | "areas">,
): boolean {
  const usesTransformedBoxes =
    areas !== undefined || (boxes !== undefined && mayFailToProject(bound));
  return usesTransformedBoxes && isProjectionFailure(error);
}

/** PostGIS has no error code for a position outside a projection, only this message. */
function isProjectionFailure(error: unknown): boolean {
  return error instanceof HonuaError && /^transform: /.test(messageOf(error.cause ?? ""));
}

/** 503 for a gateway without an active release. */
export function noActiveRelease(): HttpProblem {
  return httpProblem("no-release", "No release has been activated yet in this environment.", {
    headers: { "Retry-After": RETRY_AFTER },
  });
}
