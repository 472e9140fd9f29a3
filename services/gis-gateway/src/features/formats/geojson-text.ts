import { featureJson } from "../../sql/feature-json.ts";
import { withFiniteGeometries } from "./finite-geometry.ts";
import type { PageTail, TextFormat } from "./item-format.ts";

/** Streamed GeoJSON (RFC 7946). The counts and links follow the features. */
export const geojsonText: TextFormat = {
  itemSql: (bound, request) => featureJson(bound, "r", request, "}"),
  repair: withFiniteGeometries,
  head: ({ now }) => `{"type":"FeatureCollection","timeStamp":"${now.toISOString()}","features":[`,
  separator: ",",
  tail: collectionTail,
  hasLinks: true,
};

/** The end of a feature collection. */
export function collectionTail({ returned, matched, links }: PageTail): string {
  const counted = matched === undefined ? "" : `"numberMatched":${matched},`;
  return `],${counted}"numberReturned":${returned},"links":${JSON.stringify(links)}}`;
}
