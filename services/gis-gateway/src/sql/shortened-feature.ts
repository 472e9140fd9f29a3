import type { CatalogColumn } from "../layer/catalog.ts";

/** Characters that a shortened value keeps. */
const KEPT_CHARACTERS = 5_000;
/** Bytes of text beyond which a value is shortened. */
const MAX_BYTES = 20_000;
/** Points beyond which a geometry is simplified. */
const MAX_POINTS = 2_000;

/** Types with bounded, short text. */
const SHORT_TYPES: ReadonlySet<string> = new Set([
  ...["bool", "int2", "int4", "int8", "oid", "float4", "float8", "uuid"],
  ...["date", "time", "timetz", "timestamp", "timestamptz", "interval"],
]);

/**
 * SQL for a value as JSON text: the whole value, or a string with the beginning of a long value.
 *
 * @param json SQL of the whole value as JSON text
 */
export function shortenedJson(column: CatalogColumn, value: string, json: string): string {
  if (SHORT_TYPES.has(column.type)) return json;
  const text = `${value}::text`;
  const start = `translate(left(${text}, ${KEPT_CHARACTERS}), E'\\n', ' ') || '…'`;
  return `case when octet_length(${text}) > ${MAX_BYTES} then to_json(${start})::text else ${json} end`;
}

/** SQL for a geometry. One with many points is simplified to a thousandth of its size. */
export function simplifiedGeometry(shape: string): string {
  const size = `greatest(st_xmax(${shape}) - st_xmin(${shape}), st_ymax(${shape}) - st_ymin(${shape}))`;
  return `(case when st_npoints(${shape}) > ${MAX_POINTS} then st_simplify(${shape}, ${size} / 1000, true) else ${shape} end)`;
}
