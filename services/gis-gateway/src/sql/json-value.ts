import type { CatalogColumn } from "../layer/catalog.ts";

/** The largest integer that every JSON parser represents exactly. */
const MAX_EXACT_INTEGER = "9007199254740991";

/** Types whose JSON never contains a line break. */
const TEXT_TYPES: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "name", "citext"]);

/**
 * SQL for a column's value as JSON text on one line, never null: `null`, a number, or the output of
 * `to_json`. Times without a zone are UTC. Values without a JSON form (NaN, infinity) become
 * `null`.
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
    case "jsonb":
      return `coalesce(${value}::text, 'null')`;
    case "json":
      return `coalesce(${withoutLineBreaks(`${value}::text`)}, 'null')`;
    case "float4":
    case "float8":
    case "numeric":
      // NaN sorts above infinity: one comparison excludes NaN, infinity and null.
      return `case when abs(${value}) < 'Infinity' then ${value}::text else 'null' end`;
    case "uuid":
      return `coalesce('"' || ${value}::text || '"', 'null')`;
    case "date":
      return `case when isfinite(${value}) then to_json(${value})::text else 'null' end`;
    case "timestamp":
      return instantJson(value, value);
    case "timestamptz":
      return instantJson(value, `(${value} at time zone 'UTC')`);
    default: {
      const json = `to_json(${value})::text`;
      return `coalesce(${TEXT_TYPES.has(column.type) ? json : withoutLineBreaks(json)}, 'null')`;
    }
  }
}

/** Stored JSON may contain line breaks, but only between tokens. */
function withoutLineBreaks(json: string): string {
  return `translate(${json}, E'\\n', ' ')`;
}

/** SQL for a feature's id as JSON text; integers beyond 2^53 become strings. */
export function jsonId(column: CatalogColumn, value: string): string {
  switch (column.type) {
    case "int2":
    case "int4":
      return `${value}::text`;
    case "int8":
    case "numeric":
      // `abs` fails for the smallest int8.
      return `case when ${value} between -${MAX_EXACT_INTEGER} and ${MAX_EXACT_INTEGER} then ${value}::text else '"' || ${value}::text || '"' end`;
    default:
      return jsonValue(column, value);
  }
}

function instantJson(value: string, utc: string): string {
  return `case when isfinite(${value}) then rtrim(to_json(${utc})::text, '"') || 'Z"' else 'null' end`;
}
