import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { BoundProperty } from "../../layer/bound-property.ts";
import type { OrderTerm } from "../../layer/sort-order.ts";
import type { FeatureSource } from "../../release/collection.ts";
import type { FeatureRepresentation } from "../../sql/feature-json.ts";
import { parameterProblem } from "./parameter-problem.ts";

/** Features that can be asked for by their ids at once. */
const MAX_IDS = 1_000;
/** Properties that can be sorted by at once. */
const MAX_TERMS = 10;

/**
 * Reads `sortby`: names with commas between them, `-` before one for descending order.
 *
 * @throws HttpProblem 400
 */
export function parseSortby(text: string, source: FeatureSource): OrderTerm[] {
  const terms = text.split(",").map((part): OrderTerm => {
    // A plus sign that was not escaped arrives as a space.
    const name = part.trim().replace(/^[+-]/, "");
    const column =
      source.filters.get(name)?.column ?? (name === "id" ? source.bound.key : undefined);
    if (!column) throw parameterProblem("sortby", `'${name}' cannot be sorted by`);
    return { column, descending: part.trim().startsWith("-") };
  });
  const names = new Set(terms.map(({ column }) => column.name));
  if (names.size < terms.length) throw parameterProblem("sortby", "name each property once");
  if (terms.length > MAX_TERMS) throw parameterProblem("sortby", `at most ${MAX_TERMS} properties`);
  return terms;
}

/**
 * Reads `properties` and `skipGeometry`: what of each feature is wanted.
 *
 * @throws HttpProblem 400
 */
export function parseSelection(
  {
    properties,
    skipGeometry,
  }: { properties: string | undefined; skipGeometry: string | undefined },
  bound: BoundLayer,
): Pick<FeatureRepresentation, "properties" | "skipGeometry"> {
  if (skipGeometry !== undefined && skipGeometry !== "true" && skipGeometry !== "false") {
    throw parameterProblem("skipGeometry", "true or false");
  }
  return {
    ...(properties === undefined ? {} : { properties: selectProperties(properties, bound) }),
    ...(skipGeometry === "true" ? { skipGeometry: true } : {}),
  };
}

function selectProperties(text: string, { properties }: BoundLayer): BoundProperty[] {
  const names = new Set(text.split(",").map((name) => name.trim()));
  names.delete("");
  for (const name of names) {
    if (!properties.some(({ property }) => property.name === name)) {
      throw parameterProblem("properties", `there is no property '${name}'`);
    }
  }
  return properties.filter(({ property }) => names.has(property.name));
}

/**
 * Reads `ids`: ids with commas between them.
 *
 * @throws HttpProblem 400
 */
export function parseIds(text: string): string[] {
  const ids = [...new Set(text.split(",").map((id) => id.trim()))].filter((id) => id !== "");
  if (ids.length === 0 || ids.length > MAX_IDS || text.includes("\u0000")) {
    throw parameterProblem("ids", `1 to ${MAX_IDS} ids with commas between them`);
  }
  return ids;
}
