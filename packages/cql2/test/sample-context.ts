import type { SqlContext } from "../src/index.ts";

/** The queryables of the test table. */
export const cities: SqlContext = {
  properties: new Map([
    ["id", { column: "id", type: "integer" }],
    ["name", { column: "name", type: "string" }],
    ["kind", { column: "kind", type: "string", asText: true }],
    ["pop", { column: "pop", type: "integer" }],
    ["area", { column: "area", type: "number" }],
    ["capital", { column: "capital", type: "boolean" }],
    ["founded", { column: "founded", type: "date" }],
    ["updated", { column: "updated", type: "datetime" }],
    ["starts", { column: "starts", type: "datetime" }],
    ["ends", { column: "ends", type: "datetime" }],
    ["opens", { column: "opens", type: "time" }],
    ["key", { column: "key", type: "uuid" }],
    ["extra", { column: "extra", type: "json" }],
    ["tags", { column: "tags", type: "array" }],
    ["counts", { column: "counts", type: "array", items: "integer" }],
    ["geom", { column: "geom", type: "geometry", srid: 4326 }],
    ["mercator", { column: "mercator", type: "geometry", srid: 3857 }],
    ['odd "one"', { column: 'Odd "One"', type: "integer" }],
  ]),
  firstParameter: 1,
  functions: { unaccent: true },
};
