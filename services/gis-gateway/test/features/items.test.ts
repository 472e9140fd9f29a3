import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

const SCHEMA = `
create table cities (id int primary key, name text, population int8, country text not null,
  founded timestamptz, geom geometry(Point, 4326));
create index on cities using gist (geom);
insert into cities select n, 'City ' || n, n * 1000, case when n % 2 = 0 then 'ES' else 'PT' end,
  case when n = 7 then null else timestamptz '2020-01-01 00:00:00+00' + n * interval '1 day' end,
  st_setsrid(st_point(n, n), 4326) from generate_series(1, 25) n;

create table edges (id int primary key, geom geometry(Geometry, 4326));
insert into edges values
  (1, st_setsrid(st_point(179.5, 66), 4326)), (2, st_setsrid(st_point(-179.5, 66), 4326)),
  (3, st_setsrid(st_point(0, 90), 4326)), (4, st_setsrid(st_point(10, -90), 4326)),
  (5, null), (6, st_setsrid(st_point(0, 0), 4326)), (7, st_setsrid(st_point(180, 0), 4326));

create type mood as enum ('calm', 'wild');
create table odd (
  "Clé d'été" text primary key, "say ""hi""\\" text, "größe" numeric, ratio float8, small float4,
  big int8, flag boolean, born date, at timestamp, at_zone timestamptz, clock time, doc jsonb,
  raw json, list int[], mood mood, code uuid, padded char(5), "limit" int,
  "Geom Spalte" geometry(Point, 4326));
insert into odd values
  ('a/b c?', 'she said "ö"', 12345678901234567890.5, 'NaN', 'Infinity', 9007199254740993, true,
   '2024-02-29', '2024-02-29 12:00:00.25', '2024-02-29 12:00:00+02', '23:59:59',
   '{"a": [1, null]}', E'{"b":\\n 2}', '{1,null,3}', 'wild', '6f1c2a3e-0000-4000-8000-00000000abcd',
   'ab', 3, st_setsrid(st_point(1, 2), 4326)),
  ('ñandú', null, 'NaN', '-Infinity', null, null, null, 'infinity', '-infinity', 'infinity', null,
   null, null, null, null, null, null, null, null),
  ('z', E'tab\\there', 1.50, 1e300, 0.1, -1, false, '0044-01-01', '1900-01-01', '1900-01-01Z',
   '00:00', '"x"', 'null', '{}', 'calm', null, '', 1, st_setsrid(st_point(3, 4), 4326));

create table by_uuid (code uuid primary key, geom geometry(Point, 4326));
insert into by_uuid select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
  st_setsrid(st_point(n, 0), 4326) from generate_series(1, 5) n;
create table by_int8 (id int8 primary key, geom geometry(Point, 4326));
insert into by_int8 select 9007199254740990 + n, st_setsrid(st_point(n, 0), 4326) from generate_series(1, 5) n;

create table mercator (id int primary key, geom geometry(Point, 3857) not null);
insert into mercator select n, st_transform(st_setsrid(st_point(n * 10 - 180, n * 2), 4326), 3857) from generate_series(0, 36) n;
create index on mercator using gist (geom);
create table utm (id int primary key, geom geometry(Polygon, 25830));
insert into utm select n, st_buffer(st_transform(st_setsrid(st_point(-3.7 + n * 0.1, 40.4), 4326), 25830), 500) from generate_series(0, 9) n;
create index on utm using gist (geom);
create table etrs (id int primary key, geom geometry(Point, 4258));
insert into etrs select n, st_setsrid(st_point(n, 40), 4258) from generate_series(0, 9) n;
create view spanish as select id, name, geom from cities where country = 'ES';
create table stays (id int primary key, arrived date, left_on date, geom geometry(Point, 4326));
insert into stays values (1, '2024-01-01', '2024-01-10', null), (2, '2024-01-08', null, null), (3, null, '2024-01-05', null);
`;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, SCHEMA);
  await administer(database.url, "analyze");
  gateway = await serveRelease(
    releaseOf([
      layerOf("cities", {
        datetimeColumn: "founded",
        maxLimit: 20,
        caching: { enabled: true, ttlSeconds: 60 },
        properties: [
          propertyOf("name", "string"),
          propertyOf("population", "integer"),
          propertyOf("country", "string"),
          propertyOf("founded", "datetime"),
        ],
      }),
      layerOf("edges", { geometryType: "Geometry" }),
      layerOf("odd", {
        geometryColumn: "Geom Spalte",
        properties: [
          propertyOf("Clé d'été", "string"),
          propertyOf('say "hi"\\', "string"),
          propertyOf("größe", "number"),
          propertyOf("ratio", "number"),
          propertyOf("small", "number"),
          propertyOf("big", "integer"),
          propertyOf("flag", "boolean"),
          propertyOf("born", "date"),
          propertyOf("at", "datetime"),
          propertyOf("at_zone", "datetime"),
          propertyOf("clock", "time"),
          propertyOf("doc", "json"),
          propertyOf("raw", "json"),
          propertyOf("list", "array"),
          propertyOf("mood", "string"),
          propertyOf("code", "uuid"),
          propertyOf("padded", "string"),
          propertyOf("limit", "integer"),
        ],
      }),
      layerOf("by_uuid", { properties: [propertyOf("code", "uuid")] }),
      layerOf("by_int8"),
      layerOf("mercator", { srid: 3857 }),
      layerOf("utm", { srid: 25830, geometryType: "Polygon" }),
      layerOf("etrs", { srid: 4258 }),
      layerOf("spanish", { idColumn: "id", properties: [propertyOf("name", "string")] }),
      layerOf("stays", { datetimeColumn: { start: "arrived", end: "left_on" } }),
    ]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function items(collection: string, query = ""): Promise<Json> {
  const { status, body } = await gateway.json(`/ogc/collections/${collection}/items?${query}`);
  expect(body, `${collection}?${query}`).toMatchObject({ type: "FeatureCollection" });
  expect(status).toBe(200);
  expect(body.numberReturned).toBe(body.features.length);
  return body;
}

async function ids(collection: string, query = ""): Promise<unknown[]> {
  return (await items(collection, query)).features.map((feature: Json) => feature.id);
}

const relations = (body: Json): string[] => body.links.map((link: Json) => link.rel);

describe("a page of features", () => {
  it("is GeoJSON with counts, a time and absolute links", async () => {
    const { headers, body } = await gateway.json("/ogc/collections/cities/items?limit=2");
    expect(headers.get("content-type")).toBe("application/geo+json");
    expect(headers.get("cache-control")).toBe("private, max-age=60");
    expect(body.features[0]).toEqual({
      type: "Feature",
      id: 1,
      geometry: { type: "Point", coordinates: [1, 1] },
      properties: {
        name: "City 1",
        population: 1000,
        country: "PT",
        founded: "2020-01-02T00:00:00Z",
      },
    });
    expect(body).toMatchObject({ numberMatched: 25, numberReturned: 2 });
    expect(body.timeStamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const [self] = body.links;
    expect(self).toMatchObject({ href: `${gateway.url}/ogc/collections/cities/items?limit=2` });
    expect(relations(body)).toEqual(["self", ...Array(5).fill("alternate"), "next", "collection"]);
  });

  it.each(["cities", "odd", "by_uuid", "by_int8", "spanish", "mercator"])(
    "of %s links all pages, with each feature once",
    async (collection) => {
      const all = await ids(collection, "limit=1000");
      const seen: unknown[] = [];
      let next: string | undefined = `${gateway.url}/ogc/collections/${collection}/items?limit=2`;
      while (next) {
        const { body }: { body: Json } = await gateway.json(next);
        seen.push(...body.features.map((feature: Json) => feature.id));
        next = body.links.find((link: Json) => link.rel === "next")?.href;
      }
      const everything = collection === "cities" ? 25 : all.length;
      expect(seen).toHaveLength(everything);
      expect(new Set(seen).size).toBe(everything);
    },
  );

  it("keeps limit, filters and format in the next link, which accepts another limit", async () => {
    const first = await items("cities", "country=ES&limit=3&f=json");
    const next = new URL(first.links.find((link: Json) => link.rel === "next").href);
    expect(Object.fromEntries(next.searchParams)).toMatchObject({
      country: "ES",
      limit: "3",
      f: "json",
    });
    next.searchParams.set("limit", "5");
    const { body } = await gateway.json(next.href);
    expect(body.features.map((feature: Json) => feature.id)).toEqual([8, 10, 12, 14, 16]);
  });

  it("starts at an offset", async () => {
    expect(await ids("cities", "offset=22&limit=10")).toEqual([23, 24, 25]);
    expect(await ids("cities", "offset=1000")).toEqual([]);
  });

  it("has at most the maximum number of features of the layer", async () => {
    expect((await items("cities", "limit=100000")).numberReturned).toBe(20);
    expect((await items("cities")).numberReturned).toBe(10);
  });

  it.each([
    "limit=unlimited",
    "limit=0",
    "limit=-1",
    "limit=1.5",
    "limit=2&limit=3",
    "bbox=1,2,3",
    "bbox=1,2,3,4,5",
    "bbox=a,b,c,d",
    "bbox=1,NaN,3,4",
    "bbox=1,50,3,40",
    "bbox=500000,4000000,600000,4100000",
    "datetime=yesterday",
    "datetime=../..",
    "datetime=2021-01-01T00:00:00Z/2020-01-01T00:00:00Z",
    "datetime=2021-02-30T00:00:00Z",
    "cursor=nonsense",
    "cursor=YWZ0ZXJbIjEiXQ&offset=3",
    "offset=-1",
    "population=many",
    "population=99999999999999999999",
    "founded=today",
    "name=a&name=b",
    "f=pdf",
    "unknown=1",
    `cursor=${Buffer.from('after["abc"]').toString("base64url")}`,
  ])("returns 400 for %s", async (query) => {
    const { status, headers, body } = await gateway.json(`/ogc/collections/cities/items?${query}`);
    expect(body).toMatchObject({ status: 400 });
    expect(status).toBe(400);
    expect(headers.get("content-type")).toContain("application/problem+json");
  });

  it("returns 304 if the client already has it", async () => {
    const path = "/ogc/collections/cities/items?limit=3";
    const tag = (await gateway.get(path)).headers.get("etag") ?? "";
    const again = await gateway.get(path, { "If-None-Match": `"other", ${tag}` });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe("");
    expect((await gateway.get(path, { "If-None-Match": '"other"' })).status).toBe(200);
  });

  it("has the exact number of matching features or none", async () => {
    expect((await items("cities", "country=ES&limit=3")).numberMatched).toBe(12);
    expect((await items("spanish", "limit=3")).numberMatched).toBeUndefined();
    expect((await items("spanish", "limit=50")).numberMatched).toBe(12);
  });
});

describe("a box", () => {
  it("selects features that intersect it, and features without a geometry", async () => {
    expect(await ids("cities", "bbox=2.5,2.5,5,5")).toEqual([3, 4, 5]);
    expect(await ids("edges", "bbox=-1,-1,1,1")).toEqual([5, 6]);
  });
  it("can be a point and can have heights", async () => {
    expect(await ids("cities", "bbox=3,3,3,3")).toEqual([3]);
    expect(await ids("cities", "bbox=2.5,2.5,0,5,5,100")).toEqual([3, 4, 5]);
  });
  it("can cross the antimeridian", async () => {
    expect(await ids("edges", "bbox=177,65,-177,70")).toEqual([1, 2, 5]);
    expect(await ids("edges", "bbox=177,65,183,70")).toEqual([1, 2, 5]);
    expect(await ids("edges", "bbox=179,-1,-179,1")).toEqual([5, 7]);
  });
  it("can touch the poles", async () => {
    expect(await ids("edges", "bbox=-180,85,180,90")).toEqual([3, 5]);
    expect(await ids("edges", "bbox=-180,-90,180,-85")).toEqual([4, 5]);
    expect(await ids("edges", "bbox=-180,-90,180,90")).toHaveLength(7);
    expect(await ids("mercator", "bbox=-180,-90,180,90&limit=100")).toHaveLength(37);
    expect(await ids("utm", "bbox=-180,-90,180,90")).toHaveLength(10);
    expect(await ids("etrs", "bbox=-180,-90,180,90")).toHaveLength(10);
    expect(await ids("utm", "bbox=-180,85,180,90")).toHaveLength(0);
  });
  it("selects features of tables in other coordinate reference systems", async () => {
    expect(await ids("mercator", "bbox=-161,0,-139,90")).toEqual([2, 3, 4]);
    expect(await ids("mercator", "bbox=170,0,-170,90")).toEqual([0, 1, 35, 36]);
    expect(await ids("utm", "bbox=-3.55,40.3,-3.35,40.5")).toEqual([2, 3]);
    expect(await ids("utm", "bbox=139,35,140,36")).toEqual([]);
    expect(await ids("etrs", "bbox=1.5,39,3.5,41")).toEqual([2, 3]);
  });
  it("returns coordinates in degrees for every storage CRS", async () => {
    const { features } = await items("utm", "limit=1");
    const [[longitude, latitude]] = features[0].geometry.coordinates[0];
    expect(longitude).toBeCloseTo(-3.7, 1);
    expect(latitude).toBeCloseTo(40.4, 1);
  });
});

describe("a time", () => {
  it("can be an instant, an interval, or an interval with an open end", async () => {
    expect(await ids("cities", "datetime=2020-01-04T00:00:00Z")).toEqual([3, 7]);
    expect(await ids("cities", "datetime=2020-01-04T01:00:00%2B01:00")).toEqual([3, 7]);
    expect(await ids("cities", "datetime=2020-01-03/2020-01-05")).toEqual([2, 3, 4, 7]);
    expect(await ids("cities", "datetime=../2020-01-03T00:00:00Z")).toEqual([1, 2, 7]);
    expect(await ids("cities", "datetime=2020-01-25T00:00:00Z/")).toEqual([7, 24, 25]);
  });
  it("intersects periods, whose missing ends are open", async () => {
    expect(await ids("stays", "datetime=2024-01-09")).toEqual([1, 2]);
    expect(await ids("stays", "datetime=2024-01-04T12:00:00Z")).toEqual([1, 3]);
    expect(await ids("stays", "datetime=2025-01-01/..")).toEqual([2]);
  });
  it("selects all features of a collection without times", async () => {
    expect(await ids("edges", "datetime=2020-01-01T00:00:00Z")).toHaveLength(7);
  });
});

describe("a property filter", () => {
  it("compares values by the type of the property", async () => {
    expect(await ids("cities", "country=ES&population=4000")).toEqual([4]);
    expect(await ids("cities", "founded=2020-01-04T00:00:00Z")).toEqual([3]);
    expect(await ids("odd", "mood=wild")).toEqual(["a/b c?"]);
    expect(await ids("odd", "gr%C3%B6%C3%9Fe=1.5")).toEqual(["z"]);
    expect(await ids("odd", "padded=ab")).toEqual(["a/b c?"]);
    expect(await ids("cities", "name=%27;drop%20table%20cities")).toEqual([]);
  });
  it("never replaces a parameter of the API with the same name", async () => {
    expect(await ids("odd", "limit=2")).toHaveLength(2);
  });
});

describe("values", () => {
  it("are always valid JSON", async () => {
    const { features } = await items("odd");
    expect(features[0]).toMatchObject({ id: "a/b c?", geometry: { coordinates: [1, 2] } });
    expect(features[0].properties).toEqual({
      "Clé d'été": "a/b c?",
      'say "hi"\\': 'she said "ö"',
      größe: Number("12345678901234567890.5"),
      ratio: null,
      small: null,
      big: Number("9007199254740993"),
      flag: true,
      born: "2024-02-29",
      at: "2024-02-29T12:00:00.25Z",
      at_zone: "2024-02-29T10:00:00Z",
      clock: "23:59:59",
      doc: { a: [1, null] },
      raw: { b: 2 },
      list: [1, null, 3],
      mood: "wild",
      code: "6f1c2a3e-0000-4000-8000-00000000abcd",
      padded: "ab   ",
      limit: 3,
    });
    const nulls = features.find((feature: Json) => feature.id === "ñandú");
    expect(nulls.geometry).toBeNull();
    expect(Object.values(nulls.properties).filter((value) => value !== null)).toEqual(["ñandú"]);
  });

  it("keep the digits of large ids", async () => {
    expect(await ids("by_int8")).toEqual([
      9007199254740991,
      "9007199254740992",
      "9007199254740993",
      "9007199254740994",
      "9007199254740995",
    ]);
  });
});

describe("one feature", () => {
  it.each([
    ["cities", "7", 7],
    ["odd", "a%2Fb%20c%3F", "a/b c?"],
    ["odd", "%C3%B1and%C3%BA", "ñandú"],
    ["by_uuid", "00000000-0000-4000-8000-000000000003", "00000000-0000-4000-8000-000000000003"],
    ["by_int8", "9007199254740993", "9007199254740993"],
    ["spanish", "4", 4],
  ])("of %s is found by its id %s", async (collection, path, id) => {
    const { status, headers, body } = await gateway.json(
      `/ogc/collections/${collection}/items/${path}`,
    );
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/geo+json");
    expect(body).toMatchObject({ type: "Feature", id });
    expect(relations(body)).toEqual(["self", "alternate", "collection"]);
    const self = await gateway.json(body.links[0].href);
    expect(self.body.id).toEqual(id);
  });

  it.each([
    "cities/items/999",
    "cities/items/abc",
    "cities/items/1.5",
    "cities/items/99999999999999999999",
    "cities/items/%00",
    "by_uuid/items/1",
    "spanish/items/3",
    "nothing/items/1",
    "nothing/items",
    "nothing",
  ])("returns 404 at %s", async (path) => {
    const { status, headers } = await gateway.json(`/ogc/collections/${path}`);
    expect(status).toBe(404);
    expect(headers.get("content-type")).toContain("application/problem+json");
  });
});
