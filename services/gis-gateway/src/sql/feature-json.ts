import type { BoundLayer } from "../layer/bound-layer.ts";
import type { BoundProperty } from "../layer/bound-property.ts";
import type { CatalogColumn } from "../layer/catalog.ts";
import { simpleFeatureType } from "../layer/geometry-type.ts";
import type { OfferedSystem } from "../layer/offered-systems.ts";
import type { ReferenceSystem } from "../layer/reference-system.ts";
import { concatenation, type TextPart } from "./concatenation.ts";
import { geojsonGeometry } from "./geojson-geometry.ts";
import { identifier } from "./identifier.ts";
import { jsonId, jsonValue } from "./json-value.ts";
import { linearizedGeometry } from "./linearized-geometry.ts";
import { shortenedJson, simplifiedGeometry } from "./shortened-feature.ts";

/** Decimal places of degrees in GeoJSON: seven are about a centimetre. */
const DEGREE_DECIMALS = 7;
/** Decimal places of metres or feet: millimetres. */
const PROJECTED_DECIMALS = 3;

/** Which parts of a feature are returned, and how. */
export interface FeatureRepresentation {
  /** Reference system of the geometry; CRS84 when absent. */
  system?: OfferedSystem | undefined;
  /** All properties when absent. */
  properties?: readonly BoundProperty[];
  skipGeometry?: boolean;
  /** True: cut long values and simplify geometries of many points, for the HTML view. */
  shortened?: boolean;
}

/** The names of the columns that a feature is built from, without duplicates. */
export function featureColumns(
  bound: BoundLayer,
  representation: FeatureRepresentation = {},
): string[] {
  const { key, geometry, properties } = bound;
  return [
    ...new Set([
      key.name,
      ...(representation.skipGeometry ? [] : [geometry.name]),
      ...(representation.properties ?? properties).map(({ column }) => column.name),
    ]),
  ];
}

/** The start of every feature. The id and a comma follow. */
export const FEATURE_START = '{"type":"Feature","id":';

/**
 * SQL for a feature as GeoJSON text, by default without its closing brace, so that more members can
 * follow. Concatenating text is more than twice as fast as building JSON values.
 *
 * @param row alias of the row that has the columns
 * @param end text after the properties
 */
export function featureJson(
  bound: BoundLayer,
  row: string,
  representation: FeatureRepresentation = {},
  end = "",
): string {
  const at = (name: string) => `${row}.${identifier(name)}`;
  const valueJson = (column: CatalogColumn, value: string) => {
    const json = jsonValue(column, value);
    return representation.shortened ? shortenedJson(column, value, json) : json;
  };
  const stored = at(bound.geometry.name);
  const shape = representation.shortened ? simplifiedGeometry(stored) : stored;
  const properties = representation.properties ?? bound.properties;
  const members = properties.flatMap(({ property, column }, index): TextPart[] => [
    { text: `${index === 0 ? "" : ","}${JSON.stringify(property.name)}:` },
    { sql: valueJson(column, at(column.name)) },
  ]);
  const geometry: TextPart = representation.skipGeometry
    ? { text: "null" }
    : { sql: geometryJson(bound, shape, representation.system) };
  return concatenation([
    { text: FEATURE_START },
    { sql: jsonId(bound.key, at(bound.key.name)) },
    { text: ',"geometry":' },
    geometry,
    { text: ',"properties":{' },
    ...members,
    { text: `}${end}` },
  ]);
}

/**
 * SQL for the geometry of a feature as GeoJSON text, never null. Exterior rings are
 * counterclockwise (RFC 7946, 3.1.6) regardless of the stored orientation. A geometry without
 * coordinates is `null`, as 3.1 allows, because GeoJSON readers expect two numbers in a point.
 */
export function geometryJson(
  bound: BoundLayer,
  geometry: string,
  system?: OfferedSystem | undefined,
): string {
  const { sql, decimals } = geometryIn(bound, geometry, system);
  const declared = simpleFeatureType(bound.geometry.geometry?.type ?? "Geometry");
  const type = declared === "Geometry" ? bound.layer.geometryType : declared;
  const text = `st_asgeojson(${geojsonGeometry(type, geometry, sql)}, ${decimals}, 0)`;
  // If the column restricts the type, comparing the text avoids reading a large geometry twice.
  return declared === "Geometry"
    ? `coalesce(case when not st_isempty(${geometry}) then ${text} end, 'null')`
    : `coalesce(nullif(${text}, '{"type":"${declared}","coordinates":[]}'), 'null')`;
}

/** SQL for a geometry in a system's coordinates and axis order, and the decimal places to write. */
export function geometryIn(
  bound: Pick<BoundLayer, "storage" | "layer" | "geometry">,
  geometry: string,
  system: ReferenceSystem = { srid: 4326, kind: "crs84" },
): { sql: string; decimals: number; isInDegrees: boolean } {
  const linearized = linearizedGeometry(bound, geometry);
  const transformed =
    bound.storage.srid === system.srid ? linearized : `st_transform(${linearized}, ${system.srid})`;
  const isInDegrees = system.kind === "crs84" || system.kind === "geographic";
  return {
    sql: system.northFirst ? `st_flipcoordinates(${transformed})` : transformed,
    decimals: isInDegrees ? DEGREE_DECIMALS : PROJECTED_DECIMALS,
    isInDegrees,
  };
}
