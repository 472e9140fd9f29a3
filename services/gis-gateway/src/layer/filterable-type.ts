import type { PropertyType } from "./property-type.ts";

/** Types of properties that a query parameter of the property's name can filter by. */
export type FilterableType = Exclude<PropertyType, "array" | "json">;

const FILTERABLE_TYPES: Readonly<Record<FilterableType, true>> = {
  boolean: true,
  date: true,
  datetime: true,
  integer: true,
  number: true,
  string: true,
  time: true,
  uuid: true,
};

export function isFilterableType(type: PropertyType): type is FilterableType {
  return type in FILTERABLE_TYPES;
}
