import type { Property } from "@honua/contracts";
import type { CatalogColumn } from "./catalog.ts";

export type PropertyType = Property["type"];

const TYPES_OF_COLUMN: Readonly<Record<string, readonly PropertyType[]>> = {
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

/** Categories of `pg_type` without a text form that people would call a string. */
const NOT_STRINGS = new Set(["N", "B", "D", "A", "G", "C", "P"]);

/** The configured types that a column can be served as, the most natural first. */
export function servableAs(column: CatalogColumn): readonly PropertyType[] {
  const known = TYPES_OF_COLUMN[column.type];
  if (known) return known;
  if (column.type === "numeric") return column.isWhole ? ["integer", "number"] : ["number"];
  if (column.category === "A") return ["array"];
  if (column.type === "geometry" || column.type === "geography") return ["json"];
  return NOT_STRINGS.has(column.category) ? [] : ["string"];
}
