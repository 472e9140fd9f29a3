import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { BoundProperty } from "../../layer/bound-property.ts";
import type { OrderTerm } from "../../layer/sort-order.ts";
import type { FeatureSource } from "../../release/collection.ts";
import type { FeatureRepresentation } from "../../sql/feature-json.ts";
import { parameterProblem } from "./parameter-problem.ts";

/** Maximum number of ids in a request. */
const MAX_IDS = 1_000;
/** Maximum number of properties to sort by. */
const MAX_TERMS = 10;

/**
 * Parses `sortby`: names separated by commas, with `-` before a name for descending order.
 *
 * @throws HttpProblem 400
 */
export function parseSortby(text: string, source: FeatureSource): OrderTerm[] {
  const terms = text.split(",").map((part): OrderTerm => {
    // A plus sign that is not percent-encoded is decoded as a space.
    const name = part.trim().replace(/^[+-]/, "");
    const column =
      source.filters.get(name)?.column ?? (name === "id" ? source.bound.key : undefined);
    if (!column) throw parameterProblem("sortby", `features cannot be sorted by '${name}'`);
    return { column, descending: part.trim().startsWith("-") };
  });
  const names = new Set(terms.map(({ column }) => column.name));
  if (names.size < terms.length)
    throw parameterProblem("sortby", "each property must occur only once");
  if (terms.length > MAX_TERMS)
    throw parameterProblem("sortby", `expected at most ${MAX_TERMS} properties`);
  return terms;
}

/**
 * Parses `properties` and `skipGeometry`, which select the members of each feature.
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
    throw parameterProblem("skipGeometry", "expected true or false");
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
 * Parses `ids`: ids separated by commas.
 *
 * @throws HttpProblem 400
 */
export function parseIds(text: string): string[] {
  const ids = [...new Set(text.split(",").map((id) => id.trim()))].filter((id) => id !== "");
  if (ids.length === 0 || ids.length > MAX_IDS || text.includes("\u0000")) {
    throw parameterProblem("ids", `expected 1 to ${MAX_IDS} ids, separated by commas`);
  }
  return ids;
}
