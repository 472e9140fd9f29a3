import type { CatalogColumn } from "../check/catalog.ts";

/** The largest integer that every JSON reader keeps exactly. */
const MAX_EXACT_INTEGER = "9007199254740991";

/**
 * SQL for a column's value as JSON text, never null: `null`, a number, or what `to_json` writes.
 * Times without a zone are read as UTC. What JSON cannot say (NaN, infinity) becomes `null`.
 *
 * @param value SQL of the value, an expression without side effects
 */
export function jsonValue(column: CatalogColumn, value: string): string {
  switch (column.type) {
    case "int2":
    case "int4":
    case "int8":
    case "oid":
    case "bool":
    case "json":
    case "jsonb":
      return `coalesce(${value}::text, 'null')`;
    case "float4":
    case "float8":
    case "numeric":
      // NaN sorts above infinity, so that one comparison refuses both, and null as well.
      return `case when abs(${value}) < 'Infinity' then ${value}::text else 'null' end`;
    case "uuid":
      return `coalesce('"' || ${value}::text || '"', 'null')`;
    case "date":
      return `case when isfinite(${value}) then to_json(${value})::text else 'null' end`;
    case "timestamp":
      return instant(value, value);
    case "timestamptz":
      return instant(value, `(${value} at time zone 'UTC')`);
    default:
      return `coalesce(to_json(${value})::text, 'null')`;
  }
}

/** SQL for a feature's id as JSON text; integers beyond 2^53 become strings. */
export function jsonId(column: CatalogColumn, value: string): string {
  switch (column.type) {
    case "int2":
    case "int4":
      return `${value}::text`;
    case "int8":
    case "numeric":
      // The least int8 has no absolute value.
      return `case when ${value} between -${MAX_EXACT_INTEGER} and ${MAX_EXACT_INTEGER} then ${value}::text else '"' || ${value}::text || '"' end`;
    default:
      return jsonValue(column, value);
  }
}

function instant(value: string, utc: string): string {
  return `case when isfinite(${value}) then rtrim(to_json(${utc})::text, '"') || 'Z"' else 'null' end`;
}
