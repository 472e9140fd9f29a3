import type { ActiveRelease } from "../../release/active-release.ts";
import { hasTiles, tiledRelease } from "../../tiles/tile-documents.ts";

const FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf";

/** The conformance classes that this API passes (Part 1, 7.4); those of tiles where there are any. */
export function conformanceOf(active: ActiveRelease) {
  const tiles = [...active.collections.values()].some(hasTiles) ? tileClasses(active) : [];
  return { conformsTo: [...FEATURES.conformsTo, ...tiles] };
}

function tileClasses(active: ActiveRelease): string[] {
  const dataset = tiledRelease(active) ? ["dataset-tilesets"] : [];
  return ["core", "tileset", "tilesets-list", ...dataset, "geodata-tilesets", "mvt"].map(
    (name) => `http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/${name}`,
  );
}

const FEATURES = {
  conformsTo: [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    `${FEATURES_1}/core`,
    `${FEATURES_1}/geojson`,
    `${FEATURES_1}/oas30`,
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables",
  ],
};
