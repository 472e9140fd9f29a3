import type { BoundLayer } from "../../layer/bound-layer.ts";
import type { CatalogColumn } from "../../layer/catalog.ts";
import { featureJson, geometryJson } from "../../sql/feature-json.ts";
import { identifier } from "../../sql/identifier.ts";
import { jsonValue } from "../../sql/json-value.ts";
import { withFiniteGeometries } from "./finite-geometry.ts";
import { collectionTail } from "./geojson-text.ts";
import type { TextFormat } from "./item-format.ts";

/** Conformance class of JSON-FG documents and of this API. */
export const JSON_FG_CORE = "http://www.opengis.net/spec/json-fg-1/1.0/conf/core";

/**
 * OGC Features and Geometries JSON (OGC 21-045r1). A geometry in CRS84 is the `geometry`, as in GeoJSON.
 * In another system it is the `place`, and `geometry` is null, so that GeoJSON readers do not misread it.
 */
export const jsonFgText: TextFormat = {
  itemSql(bound, request) {
    const { system, skipGeometry } = request;
    const isPlaced = system !== undefined && !skipGeometry;
    const feature = featureJson(
      bound,
      "r",
      isPlaced ? { ...request, skipGeometry: true } : request,
      ',"time":',
    );
    const geometry = `r.${identifier(bound.geometry.name)}`;
    const place = isPlaced ? geometryJson(bound, geometry, system) : "'null'";
    return `${feature} || ${timeSql(bound)} || ',"place":' || ${place} || '}'`;
  },
  repair: withFiniteGeometries,
  columns: ({ temporal }) => (temporal ? [temporal.start.name, temporal.end.name] : []),
  head({ bound, request, now }) {
    const { system } = request;
    return `{"type":"FeatureCollection","conformsTo":["${JSON_FG_CORE}"],"featureType":${JSON.stringify(bound.layer.id)},${
      system ? `"coordRefSys":${JSON.stringify(system.uri)},` : ""
    }"timeStamp":"${now.toISOString()}","features":[`;
  },
  separator: ",",
  tail: collectionTail,
  hasLinks: true,
};

/** SQL for the member `time` (clause 7.5): an instant, an interval with open ends, or null. */
function timeSql({ temporal }: BoundLayer): string {
  if (!temporal) return "'null'";
  const { start, end } = temporal;
  const value = (column: CatalogColumn) =>
    `nullif(${jsonValue(column, `r.${identifier(column.name)}`)}, 'null')`;
  if (start === end) {
    const member = start.type === "date" ? "date" : "timestamp";
    return `coalesce('{"${member}":' || ${value(start)} || '}', 'null')`;
  }
  const bounds = [start, end].map((column) => `coalesce(${value(column)}, '".."')`);
  return `case when coalesce(${value(start)}, ${value(end)}) is null then 'null' else '{"interval":[' || ${bounds.join(" || ',' || ")} || ']}' end`;
}
