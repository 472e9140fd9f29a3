import { HonuaError, HttpProblem, messageOf, PermanentError } from "@honua/service-kit";
import type { BoundLayer } from "../check/bound-layer.ts";
import { DATABASE_CODES } from "../database/database-error.ts";
import type { Collection, FeatureSource } from "../release/collection.ts";
import { mayFailToProject } from "../sql/bbox-filter.ts";
import type { PageRequest } from "../sql/feature-sql.ts";

/** Seconds after which a client may ask again for what is not available. */
const RETRY_AFTER = "5";

/**
 * Reads from a collection's source.
 *
 * @throws HttpProblem 503 while the collection does not match its database, 400 for a value that
 *   does not fit its column; other errors as they are
 */
export async function readFeatures<Result>(
  { source, layer }: Collection,
  read: (source: FeatureSource) => Promise<Result>,
): Promise<Result> {
  if (!source) {
    // Why is for operators (readiness, status, log): it names hosts, tables and columns.
    throw new HttpProblem(
      503,
      "Temporarily unavailable",
      `The collection '${layer.id}' cannot be read now; its operators know why.`,
      { code: "collection-unavailable", headers: { "Retry-After": RETRY_AFTER } },
    );
  }
  try {
    return await read(source);
  } catch (error) {
    if (error instanceof PermanentError && error.code === DATABASE_CODES.badValue) {
      throw new HttpProblem(400, "Bad request", error.message, { code: error.code });
    }
    if (isProjectionFailure(error)) {
      throw new HttpProblem(
        400,
        "Bad request",
        "crs, bbox-crs: some of what is asked for lies where this coordinate reference system has no coordinates.",
        { code: "outside-crs" },
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
export function noRelease(): HttpProblem {
  return new HttpProblem(
    503,
    "Temporarily unavailable",
    "No release has been activated yet in this environment.",
    { code: "no-release", headers: { "Retry-After": RETRY_AFTER } },
  );
}
