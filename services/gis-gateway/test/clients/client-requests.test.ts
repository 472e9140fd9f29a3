import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { GRID_SQL, gridRelease, PLACE_COUNT } from "../support/grid-places.ts";

const EPSG = (code: number) => encodeURIComponent(`http://www.opengis.net/def/crs/EPSG/0/${code}`);
const PLACES_PATH = "/ogc/collections/places";
const OPENAPI =
  "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, GRID_SQL);
  await administer(database.url, "analyze");
  gateway = await serveRelease(gridRelease, { GIS: database.url });
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

/**
 * Requests in the form that ArcGIS and versions of QGIS newer than Debian's send, according to
 * their source code and manuals.
 */
describe.each<[client: string, accept: string, requests: [path: string, type: string][]]>([
  [
    "QGIS",
    "application/geo+json, application/json",
    [
      ["/ogc/", "application/json"],
      ["/ogc/conformance", "application/json"],
      ["/ogc/collections", "application/json"],
      [PLACES_PATH, "application/json"],
      [`${PLACES_PATH}/queryables`, "application/schema+json"],
      [`${PLACES_PATH}/items?limit=10`, "application/geo+json"],
      [`${PLACES_PATH}/items?limit=1000&bbox=-180,-90,180,90`, "application/geo+json"],
      [
        `${PLACES_PATH}/items?limit=1000&bbox=-90,-180,90,180&bbox-crs=${EPSG(4326)}&crs=${EPSG(3857)}`,
        "application/geo+json",
      ],
      [
        `${PLACES_PATH}/items?limit=10&filter=%28population%20%3E%202000000%29&filter-lang=cql2-text`,
        "application/geo+json",
      ],
      [
        `${PLACES_PATH}/items?limit=10&datetime=2020-01-01T00%3A00%3A00Z%2F2020-01-02T00%3A00%3A00Z`,
        "application/geo+json",
      ],
      [`${PLACES_PATH}/tiles/WebMercatorQuad/2/1/2?f=mvt`, "application/vnd.mapbox-vector-tile"],
    ],
  ],
  [
    "ArcGIS",
    "*/*",
    [
      ["/ogc?f=json", "application/json"],
      ["/ogc/api?f=json", "application/vnd.oai.openapi+json;version=3.0"],
      ["/ogc/conformance?f=json", "application/json"],
      ["/ogc/collections?f=json", "application/json"],
      [`${PLACES_PATH}?f=json`, "application/json"],
      [`${PLACES_PATH}/items?f=json&limit=1`, "application/geo+json"],
      [`${PLACES_PATH}/items?f=json&limit=1000&offset=1000`, "application/geo+json"],
      [
        `${PLACES_PATH}/items?f=json&limit=1000&bbox=-20037508,-10037508,0,10037508&bbox-crs=${EPSG(3857)}&crs=${EPSG(3857)}`,
        "application/geo+json",
      ],
    ],
  ],
])("%s", (_client, accept, requests) => {
  it.each(requests)("%s", async (path, type) => {
    const response = await gateway.get(path, { accept, origin: "https://map.example.org" });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });
});

it("QGIS finds the API definition and the maximum limit in it", async () => {
  const landing = (await gateway.json("/ogc")).body;
  const { href } = landing.links.find(({ rel }: Json) => rel === "service-desc");
  const response = await gateway.get(href, { accept: OPENAPI });
  const { paths } = (await response.json()) as Json;
  const { parameters } = paths["/collections/places/items"].get;
  const limit = parameters.find(({ name }: Json) => name === "limit");
  expect(limit.schema.maximum).toBe(10_000);
});

it("ArcGIS reads every feature by offset", async () => {
  const seen = new Set<unknown>();
  for (let offset = 0; offset < PLACE_COUNT; offset += 1_000) {
    const path = `${PLACES_PATH}/items?f=json&limit=1000&offset=${offset}`;
    for (const { id } of (await gateway.json(path)).body.features) seen.add(id);
  }
  expect(seen.size).toBe(PLACE_COUNT);
});
