import type { Property } from "@honua/contracts";
import type { CatalogColumn } from "./catalog.ts";

export type PropertyType = Property["type"];

const PROPERTY_TYPES: Readonly<Record<string, readonly PropertyType[]>> = {
  int2: ["integer", "number"],
  int4: ["integer", "number"],
  int8: ["integer", "number"],
  oid: ["integer", "number"],
  float4: ["number"],
  float8: ["number"],
  bool: ["boolean"],
  date: ["date"],
  timestamp: ["datetime"],
  timestamptz: ["datetime"],
  time: ["time"],
  timetz: ["time"],
  uuid: ["uuid", "string"],
  json: ["json"],
  jsonb: ["json", "array"],
  hstore: ["json"],
};

/** Categories of `pg_type` whose text form is not a string in the usual sense. */
const NON_TEXT_CATEGORIES = new Set(["N", "B", "D", "A", "G", "C", "P"]);

/** The property types that a column can be served as, the preferred one first. */
export function servablePropertyTypes(column: CatalogColumn): readonly PropertyType[] {
  const known = PROPERTY_TYPES[column.type];
  if (known) return known;
  if (column.type === "numeric") return column.isWhole ? ["integer", "number"] : ["number"];
  if (column.category === "A") return ["array"];
  if (column.type === "geometry" || column.type === "geography") return ["json"];
  return NON_TEXT_CATEGORIES.has(column.category) ? [] : ["string"];
}
