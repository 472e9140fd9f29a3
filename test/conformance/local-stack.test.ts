import { proveConformance } from "./conformance-tests.ts";
import { startSampleStack } from "./sample-stack.ts";

/** PGlite makes no vector tiles, and has no extension `unaccent`. */
proveConformance({
  start: () => startSampleStack(),
  without: [
    "http://www.opengis.net/spec/ogcapi-tiles-1/",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
  ],
});
