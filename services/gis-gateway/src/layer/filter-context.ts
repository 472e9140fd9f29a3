import type { PropertyColumn } from "@honua/cql2";
import type { BoundProperty } from "./bound-property.ts";
import type { CatalogColumn } from "./catalog.ts";
import { hasErrorFreeComparison } from "./error-free-comparison.ts";
import type { ReferenceSystem } from "./reference-system.ts";

/** The names that a CQL2 filter may use, and the columns that they stand for. */
export interface FilterContext {
  columns: ReadonlyMap<string, PropertyColumn>;
  /** True if the database has the function `unaccent`, which ACCENTI needs. */
  unaccent: boolean;
}

/** Name of the geometry in filters, besides that of its column (Part 3, 7.2: queryables). */
const GEOMETRY = "geometry";

/** The context for filters on a layer's features: its properties and its geometry. */
export function filterContext({
  properties,
  geometry,
  storage,
  unaccent = false,
}: {
  properties: readonly BoundProperty[];
  geometry: CatalogColumn;
  storage: Pick<ReferenceSystem, "srid">;
  unaccent?: boolean;
}): FilterContext {
  const spatial: PropertyColumn = { column: geometry.name, type: "geometry", srid: storage.srid };
  const columns = new Map<string, PropertyColumn>([
    [GEOMETRY, spatial],
    [geometry.name, spatial],
    ...properties.map((bound) => [bound.property.name, propertyColumn(bound)] as const),
  ]);
  return { columns, unaccent };
}

function propertyColumn({ property, column }: BoundProperty): PropertyColumn {
  const items = property.type === "array" ? arrayItemType(column) : undefined;
  return {
    column: column.name,
    // An array that is stored as JSON has no array operators.
    type: property.type === "array" && items === undefined ? "json" : property.type,
    ...(items === undefined ? {} : { items }),
    ...(property.type === "string" && column.category !== "S" ? { asText: true } : {}),
    comparisonNeverFails: hasErrorFreeComparison(column) || STRING_ARRAYS.has(column.type),
  };
}

const ARRAY_ITEM_TYPES: Readonly<Record<string, NonNullable<PropertyColumn["items"]>>> = {
  _text: "string",
  _varchar: "string",
  _bpchar: "string",
  _int2: "integer",
  _int4: "integer",
  _int8: "integer",
  _float4: "number",
  _float8: "number",
  _numeric: "number",
  _bool: "boolean",
  _date: "date",
  _timestamp: "datetime",
  _timestamptz: "datetime",
  _uuid: "uuid",
};

/** Arrays that are compared without a cast; the items of other arrays are cast first. */
const STRING_ARRAYS: ReadonlySet<string> = new Set(["_text", "_varchar"]);

/** The type of the items of an array column; undefined if the column has no array operators. */
export function arrayItemType({ type }: CatalogColumn): PropertyColumn["items"] {
  return ARRAY_ITEM_TYPES[type];
}
