import { get, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const ITEMS = "/ogc/collections/many/items";
/** Features of a page, and repetitions in each. The page has about 4 MB, more than a socket buffer. */
const LONG = 1_000;
const REPEATED = 650;

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table many (id int primary key, name text, geom geometry(Point, 4326) not null);
     insert into many select n, repeat(n::text || 'ü', ${REPEATED}), st_setsrid(st_point(1, 1), 4326)
       from generate_series(1, ${4 * LONG}) n;
     create index on many using gist (geom); analyze many`,
  );
  gateway = await serveRelease(
    releaseOf([layerOf("many", { properties: [propertyOf("name", "string")], maxLimit: 10_000 })]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

it.each([
  ["a document", "/ogc/conformance", {}],
  ["a feature", `${ITEMS}/1`, {}],
  ["a page of features", `${ITEMS}?limit=1`, {}],
  ["a streamed page of features", `${ITEMS}?limit=${3 * LONG}`, {}],
  ["a file", `${ITEMS}?limit=3&f=csv`, {}],
  ["a tile", "/ogc/collections/many/tiles/WebMercatorQuad/0/0/0", {}],
  ["a tile without features", "/ogc/collections/many/tiles/WebMercatorQuad/9/0/0", {}],
  ["nothing new", "/ogc/conformance", { "if-none-match": "*" }],
])("%s can be read by every origin and allows no resources", async (_what, path, asked) => {
  const { status, headers } = await gateway.get(path, asked);
  expect([200, 204, 304]).toContain(status);
  expect(Object.fromEntries(headers)).toMatchObject({
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": expect.stringContaining("max-age="),
    vary: expect.stringContaining("Accept"),
  });
});

it.each([
  ["a page", `${ITEMS}?limit=1&f=html`, 200],
  ["a page of a problem", "/ogc/nothing?f=html", 404],
  ["a problem", "/ogc/nothing", 404],
])("%s has all headers of helmet", async (_what, path, expected) => {
  const { status, headers } = await gateway.get(path);
  expect(status).toBe(expected);
  expect(Object.fromEntries(headers)).toMatchObject({
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "content-security-policy": expect.stringContaining("default-src 'self'"),
    "cross-origin-opener-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
  });
});

it("a long page read late contains only its own features while other pages reuse memory", async () => {
  const path = (offset: number) => `${ITEMS}?limit=${LONG}&offset=${offset}`;
  const late = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${gateway.url}${path(2 * LONG)}`, resolve).on("error", reject);
  });
  for (let turn = 0; turn < 8; turn += 1) {
    expect((await gateway.json(path(3 * LONG))).body.features).toHaveLength(LONG);
  }
  const { features } = (await json(late)) as Json;
  const expected = Array.from({ length: LONG }, (_, at) => 2 * LONG + at + 1);
  expect(features.map(({ id }: Json) => id)).toEqual(expected);
  for (const { id, properties } of features)
    expect(properties.name).toBe(`${id}ü`.repeat(REPEATED));
});
