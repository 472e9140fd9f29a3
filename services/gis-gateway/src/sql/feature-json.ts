import type { BoundLayer } from "../check/bound-layer.ts";
import { identifier, literal } from "./identifier.ts";
import { jsonId, jsonValue } from "./json-value.ts";

/** Decimals of a degree that GeoJSON gets: seven are about a centimetre. */
const DECIMALS = 7;

/** The columns that one feature is made of, each once. */
export function featureColumns({ key, geometry, properties }: BoundLayer): string[] {
  return [...new Set([key.name, geometry.name, ...properties.map(({ column }) => column.name)])];
}

/**
 * SQL for a feature as GeoJSON text, without its closing brace, so that more members may follow.
 * Concatenating text is more than twice as fast as building JSON values.
 *
 * @param row alias of the row that has the columns
 */
export function featureJson(bound: BoundLayer, row: string): string {
  const at = (name: string) => `${row}.${identifier(name)}`;
  const members = bound.properties.map(({ property, column }, index) => {
    const name = `${index === 0 ? "" : ","}${JSON.stringify(property.name)}:`;
    return `${literal(name)} || ${jsonValue(column, at(column.name))}`;
  });
  const parts = [
    `'{"type":"Feature","id":' || ${jsonId(bound.key, at(bound.key.name))}`,
    `',"geometry":' || ${geometryJson(bound, at(bound.geometry.name))}`,
    [`',"properties":{'`, ...members, "'}'"].join(" || "),
  ];
  return parts.join("\n    || ");
}

function geometryJson({ storage }: BoundLayer, geometry: string): string {
  const inDegrees = storage.kind === "crs84" ? geometry : `st_transform(${geometry}, 4326)`;
  return `coalesce(st_asgeojson(${inDegrees}, ${DECIMALS}, 0), 'null')`;
}
