/** The parameters of Part 3, clause 8. */
const FILTER_PARAMETERS = ["filter", "filter-lang", "filter-crs"] as const;

/**
 * The parameters of `/items` that are not properties, in the order of the API definition. Every resource
 * has `f`.
 */
export const ITEMS_PARAMETERS = [
  "limit",
  "bbox",
  "bbox-crs",
  "crs",
  "datetime",
  "ids",
  "sortby",
  "properties",
  "skipGeometry",
  "offset",
  "cursor",
  ...FILTER_PARAMETERS,
  "f",
] as const;

export type ItemsParameter = (typeof ITEMS_PARAMETERS)[number];

/** True for a parameter of the API. A property with this name cannot be filtered by a query parameter. */
export function isReserved(name: string): boolean {
  return (ITEMS_PARAMETERS as readonly string[]).includes(name);
}
