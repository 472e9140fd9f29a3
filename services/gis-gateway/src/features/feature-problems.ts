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

/** Codes of errors of a client that uses more than its share of the connections. */
const CONNECTION_SHARE_CODES: ReadonlySet<string> = new Set([
  DATABASE_CODES.preempted,
  DATABASE_CODES.cursors,
]);

/** Seconds after which a client may ask again for what is not available. */
const RETRY_AFTER = "5";

/** Code of the problem of a response that is too large. */
const RESPONSE_TOO_LARGE = "response-too-large";

/** How a page of features becomes smaller. */
const SMALLER_PAGE_ADVICE =
  "Ask for fewer features with limit, for a smaller area with bbox, or for fewer properties with properties and skipGeometry=true; or choose a format that is streamed, such as f=geojsonseq or f=csv.";

/** True for the problem of a response that is too large. */
export function isResponseTooLarge(error: unknown): boolean {
  return error instanceof HttpProblem && error.code === RESPONSE_TOO_LARGE;
}

/** True for a result of the database that is too large. */
export function isResultTooLarge(error: unknown): boolean {
  return error instanceof HonuaError && error.code === DATABASE_CODES.tooLarge;
}

/** @param advice says how to ask for less */
export function responseTooLarge(advice = SMALLER_PAGE_ADVICE): HttpProblem {
  const detail = `The response is too large to be built in memory. ${advice}`;
  return httpProblem(RESPONSE_TOO_LARGE, detail);
}

/**
 * Reads from a collection's source.
 *
 * @param advice tells the client how to ask for less when the result is too large
 * @throws HttpProblem 503 while the collection does not match its database, 400 for a value that
 *   does not fit its column or a result that is too large, 429 for a client that holds too many
 *   connections; other errors as they are
 */
export async function readFeatures<Result>(
  { source, layer }: Collection,
  read: (source: FeatureSource) => Promise<Result>,
  advice?: string,
): Promise<Result> {
  if (!source) {
    // Why is for operators (readiness, status, log): it names hosts, tables and columns.
    throw httpProblem(
      "collection-unavailable",
      `The collection '${layer.id}' cannot be read now; its operators know why.`,
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
        "crs, bbox-crs: some of what is asked for lies where this coordinate reference system has no coordinates.",
      );
    }
    throw error;
  }
}

/**
 * True when what failed was to carry the boxes of a request into the projection of its table. Reading
 * the whole table does without that.
 */
export function needsWholeTable(
  error: unknown,
  bound: BoundLayer,
  { boxes, areas }: Pick<PageRequest, "boxes" | "areas">,
): boolean {
  const mayNotFit = areas !== undefined || (boxes !== undefined && mayFailToProject(bound));
  return mayNotFit && isProjectionFailure(error);
}

/** PostGIS has no code of its own for a place that a projection cannot say. */
function isProjectionFailure(error: unknown): boolean {
  return error instanceof HonuaError && /^transform: /.test(messageOf(error.cause ?? ""));
}

/** 503 for a gateway that has nothing to serve yet. */
export function noActiveRelease(): HttpProblem {
  return httpProblem("no-release", "No release has been activated yet in this environment.", {
    headers: { "Retry-After": RETRY_AFTER },
  });
}
