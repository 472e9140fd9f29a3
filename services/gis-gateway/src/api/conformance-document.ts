import { JSON_FG_CORE } from "../features/formats/json-fg-text.ts";
import type { ActiveRelease } from "../release/active-release.ts";
import { datasetTileSource, hasTiles } from "../tiles/tile-documents.ts";

const FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf";
const CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf";
const FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf";

/** The conformance classes of this API (Part 1, 7.4). Those of tiles depend on the collections. */
export function conformanceDocument(active: ActiveRelease) {
  const tiles = [...active.collections.values()].some(hasTiles) ? tileClasses(active) : [];
  const accents = supportsAccenti(active) ? [`${CQL2}/accent-insensitive-comparison`] : [];
  return { conformsTo: [...FEATURES.conformsTo, ...accents, ...tiles] };
}

/** ACCENTI needs the extension `unaccent`, so it is declared only if all collections support it. */
function supportsAccenti({ collections }: ActiveRelease): boolean {
  const all = [...collections.values()];
  return all.length > 0 && all.every(({ source }) => source?.database.facts.unaccent === true);
}

function tileClasses(active: ActiveRelease): string[] {
  const dataset = datasetTileSource(active) ? ["dataset-tilesets"] : [];
  return ["core", "tileset", "tilesets-list", ...dataset, "geodata-tilesets", "mvt", "oas30"].map(
    (name) => `http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/${name}`,
  );
}

const FEATURES = {
  conformsTo: [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    `${FEATURES_1}/core`,
    `${FEATURES_1}/geojson`,
    `${FEATURES_1}/html`,
    `${FEATURES_1}/oas30`,
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    `${FEATURES_3}/queryables`,
    `${FEATURES_3}/queryables-query-parameters`,
    `${FEATURES_3}/filter`,
    `${FEATURES_3}/features-filter`,
    `${CQL2}/cql2-text`,
    `${CQL2}/cql2-json`,
    `${CQL2}/basic-cql2`,
    `${CQL2}/advanced-comparison-operators`,
    `${CQL2}/case-insensitive-comparison`,
    `${CQL2}/basic-spatial-functions`,
    `${CQL2}/basic-spatial-functions-plus`,
    `${CQL2}/spatial-functions`,
    `${CQL2}/temporal-functions`,
    `${CQL2}/array-functions`,
    `${CQL2}/property-property`,
    `${CQL2}/arithmetic`,
    JSON_FG_CORE,
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/core-roles-features",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables-and-receivables",
  ],
};
