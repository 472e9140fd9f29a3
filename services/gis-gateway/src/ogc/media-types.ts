import { HTML_TYPE } from "../http/http-response.ts";

/** Media types of responses. */
export const MEDIA = {
  json: "application/json",
  geojson: "application/geo+json",
  geojsonSeq: "application/geo+json-seq",
  csv: "text/csv; charset=utf-8; header=present",
  jsonFg: "application/vnd.ogc.fg+json",
  flatGeobuf: "application/flatgeobuf",
  html: HTML_TYPE,
  schema: "application/schema+json",
  mvt: "application/vnd.mapbox-vector-tile",
  openapi: "application/vnd.oai.openapi+json;version=3.0",
} as const;

export const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
export const GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian";
/** Link relation of the queryables of a collection (Part 3, clause 6). */
export const QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
/** Link relation of the schema of a collection's features (Part 5). */
export const SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema";
