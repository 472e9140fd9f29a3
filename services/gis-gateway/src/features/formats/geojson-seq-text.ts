import { featureJson } from "../../sql/feature-json.ts";
import { withFiniteGeometries } from "./finite-geometry.ts";
import type { TextFormat } from "./item-format.ts";

/** GeoJSON text sequence (RFC 8142): each feature is between a record separator and a line feed. */
export const geojsonSeqText: TextFormat = {
  itemSql: (bound, request) => `chr(30) || ${featureJson(bound, "r", request, "}\n")}`,
  repair: withFiniteGeometries,
  head: () => "",
  separator: "",
  tail: () => "",
  hasLinks: false,
};
