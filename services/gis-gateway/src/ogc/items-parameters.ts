/** The parameters of Part 3, clause 8. */
const FILTER_PARAMETERS = ["filter", "filter-lang", "filter-crs"] as const;

/**
 * The parameters of `/items` that are not properties, in the order in which the definition of the API
 * lists them. `f` belongs to every resource.
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

/** True for a name that a query parameter cannot have for a property's sake. */
export function isReserved(name: string): boolean {
  return (ITEMS_PARAMETERS as readonly string[]).includes(name);
}
