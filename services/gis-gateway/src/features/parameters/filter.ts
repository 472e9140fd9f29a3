import { Cql2Error, DEFAULT_LIMITS, parseJsonText, parseText } from "@honua/cql2";
import { DATABASE_CODES } from "@honua/pg-raw";
import { HonuaError, httpProblem } from "@honua/service-kit";
import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { Cql2Filter } from "../../sql/cql2-filter.ts";
import { parseCrs } from "./crs.ts";
import { parameterProblem } from "./parameter-problem.ts";
import type { QueryParameters } from "./query-parameters.ts";

const PARSERS = { "cql2-text": parseText, "cql2-json": parseJsonText } as const;

export const FILTER_LANGUAGES = Object.keys(PARSERS);

/**
 * Parses `filter` with `filter-lang` (default: `cql2-text`) and `filter-crs` (default: CRS84).
 *
 * @param maxLength maximum number of characters of a filter
 * @throws HttpProblem 400 with the position of the error
 */
export function parseFilter(
  parameters: QueryParameters,
  bound: BoundLayer,
  maxLength: number,
): Cql2Filter | undefined {
  const filter = parameters.get("filter");
  if (filter === undefined) {
    for (const name of ["filter-lang", "filter-crs"]) {
      if (parameters.has(name)) throw parameterProblem(name, "it requires 'filter'");
    }
    return undefined;
  }
  const language = parameters.get("filter-lang") ?? "cql2-text";
  if (!isLanguage(language)) {
    throw parameterProblem("filter-lang", `expected ${FILTER_LANGUAGES.join(" or ")}`);
  }
  const system = parseCrs("filter-crs", parameters.get("filter-crs"), bound);
  const expression = withFilterProblem(() =>
    PARSERS[language](filter, { ...DEFAULT_LIMITS, maxLength }),
  );
  return { expression, ...(system ? { system } : {}) };
}

/** Runs a function that reads a filter. Its error becomes a 400 with the position. */
export function withFilterProblem<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Cql2Error)) throw error;
    throw httpProblem(error.code, `filter: ${error.message}${positionText(error)}`);
  }
}

/** PostGIS reports a failed computation as an internal error. If there is a filter, it is the cause. */
export function filterProblemOf(error: unknown): unknown {
  if (!(error instanceof HonuaError && error.code === DATABASE_CODES.refused)) return error;
  const detail = "filter: the database cannot evaluate the filter on these features.";
  return httpProblem("invalid-filter", detail);
}

function positionText({ position }: Cql2Error): string {
  if (!position) return "";
  if ("pointer" in position) return position.pointer === "" ? "" : ` At ${position.pointer}.`;
  return ` At character ${position.offset + 1}.`;
}

function isLanguage(name: string): name is keyof typeof PARSERS {
  return Object.hasOwn(PARSERS, name);
}
