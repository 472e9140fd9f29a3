const FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf";

/** The conformance classes that this API passes (Part 1, 7.4). */
export const conformance = {
  conformsTo: [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    `${FEATURES_1}/core`,
    `${FEATURES_1}/geojson`,
    `${FEATURES_1}/html`,
    `${FEATURES_1}/oas30`,
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/returnables",
  ],
};
