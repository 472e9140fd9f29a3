import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { CatalogColumn } from "../../layer/catalog.ts";
import { geometryIn } from "../../sql/feature-json.ts";
import { identifier, unusedName } from "../../sql/identifier.ts";
import type { PageRequest } from "../../sql/page-request.ts";
import type { FileColumns } from "../../sql/rows-sql.ts";

/** Maximum number of features of a file, because the database builds the whole file in memory. */
export const MAX_FILE_FEATURES = 10_000;

/**
 * SQL of the columns of a FlatGeobuf: the geometry, the id, and the properties as integers, numbers,
 * booleans or texts. The format requires x before y, independent of the axis order of the system.
 */
export function flatGeobufColumns(bound: BoundLayer, request: PageRequest): FileColumns {
  const { system } = request;
  const at = (column: CatalogColumn) => `r.${identifier(column.name)}`;
  const properties = request.properties ?? bound.properties;
  const taken = new Set(properties.map(({ property }) => property.name));
  const id = taken.has("id") ? [] : [`${fileValue(bound.key, at(bound.key))} as id`];
  const eastFirst = system && { ...system, northFirst: false };
  const { sql } = geometryIn(bound, at(bound.geometry), eastFirst);
  const geometry = request.skipGeometry ? "null::geometry" : sql;
  const name = unusedName("$geometry", taken);
  const columns = [
    `${geometry} as ${identifier(name)}`,
    ...id,
    ...properties.map(
      ({ property, column }) => `${fileValue(column, at(column))} as ${identifier(property.name)}`,
    ),
  ];
  return { columns, geometry: name };
}

function fileValue(column: CatalogColumn, value: string): string {
  switch (column.type) {
    case "bool":
    case "int2":
    case "int4":
    case "int8":
    case "float4":
    case "float8":
      return value;
    case "numeric":
      return column.isWhole ? `${value}::int8` : `${value}::float8`;
    case "timestamptz":
    case "timestamp":
      return `(to_json(${column.type === "timestamptz" ? `${value} at time zone 'UTC'` : value}) #>> '{}') || 'Z'`;
    default:
      return column.category === "A" ? `to_json(${value})::text` : `${value}::text`;
  }
}
