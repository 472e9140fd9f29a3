import { testConformance } from "./conformance-tests.ts";
import { startSampleStack } from "./sample-stack.ts";

/** PGlite cannot create vector tiles and lacks the extension `unaccent`. */
testConformance({
  start: () => startSampleStack(),
  without: [
    "http://www.opengis.net/spec/ogcapi-tiles-1/",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
  ],
});
