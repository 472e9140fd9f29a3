import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { createRecordedLog } from "../support/recorded-log.ts";
import { layerOf, releaseOf } from "../support/release.ts";

const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const epsg = (code: number) => `http://www.opengis.net/def/crs/EPSG/0/${code}`;

let database: TestDatabase;
let gateway: TestGateway;
const recorded = createRecordedLog();

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table places (id int primary key, geom geometry(Point, 4326));
     insert into places values (1, st_setsrid(st_point(-3.7, 40.4), 4326)),
       (2, st_setsrid(st_point(7.43864, 46.95108), 4326)), (3, st_setsrid(st_point(179.9, -17), 4326)),
       (4, st_setsrid(st_point(0, 90), 4326)), (5, null);
     create index on places using gist (geom);
     create table utm as select id, st_transform(geom, 25830)::geometry(Point, 25830) as geom from places where id = 1;
     alter table utm add primary key (id);
     create table swiss as select id, st_transform(geom, 2056)::geometry(Point, 2056) as geom from places where id = 2;
     alter table swiss add primary key (id);
     create table mercator as select id, st_transform(geom, 3857)::geometry(Point, 3857) as geom from places where id < 4;
     alter table mercator add primary key (id);
     create index on mercator using gist (geom);
     create table astray (id int primary key, geom geometry(Point, 4326));
     insert into astray values (1, st_setsrid(st_point(0, 95), 4326));`,
  );
  gateway = await serveRelease(
    releaseOf([
      layerOf("places", { crs: [epsg(25830), epsg(2056), epsg(3035), epsg(3995), epsg(2193)] }),
      layerOf("utm", { srid: 25830 }),
      layerOf("swiss", { srid: 2056 }),
      layerOf("mercator", { srid: 3857, crs: [epsg(25830), epsg(3995)] }),
      layerOf("astray"),
      layerOf("unknown", { table: { schema: "public", name: "places" }, crs: [epsg(999_998)] }),
    ]),
    { GIS: database.url },
    { log: recorded.log },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const items = (collection: string, query: Record<string, string>) =>
  gateway.json(`/ogc/collections/${collection}/items?${new URLSearchParams(query)}`);

async function place(id: number, crs: string, collection = "places"): Promise<number[]> {
  const { status, headers, body } = await gateway.json(
    `/ogc/collections/${collection}/items/${id}?crs=${encodeURIComponent(crs)}`,
  );
  expect(status).toBe(200);
  expect(headers.get("content-crs")).toBe(`<${crs}>`);
  return body.geometry.coordinates;
}

async function inside(
  bbox: string,
  crs: string,
  collection = "places",
): Promise<(string | number)[]> {
  const { status, body } = await items(collection, { bbox, "bbox-crs": crs });
  expect(body).toMatchObject({ type: "FeatureCollection" });
  expect(status).toBe(200);
  return body.features.map(({ id }: Json) => id);
}

describe("a collection", () => {
  it("lists its coordinate reference systems, CRS84 first, and its storage CRS", async () => {
    const systems = async (id: string) => {
      const { crs, storageCrs } = (await gateway.json(`/ogc/collections/${id}`)).body;
      return { crs, storageCrs };
    };
    expect(await systems("utm")).toEqual({
      crs: [CRS84, epsg(4326), epsg(3857), epsg(25830)],
      storageCrs: epsg(25830),
    });
    expect(await systems("astray")).toEqual({
      crs: [CRS84, epsg(4326), epsg(3857)],
      storageCrs: CRS84,
    });
    expect((await systems("places")).crs).toContain(epsg(2056));
    const { body } = await gateway.json("/ogc/conformance");
    expect(body.conformsTo).toContain("http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs");
  });

  it("does not list a system that its database does not contain", async () => {
    const { status, body } = await items("unknown", {});
    expect(status).toBe(503);
    expect(body.code).toBe("collection-unavailable");
    await recorded.waitForLine(/EPSG\/0\/999998 is not in spatial_ref_sys/);
  });
});

describe("coordinates", () => {
  // The numbers and their order are those of cs2cs of PROJ, which keeps the axis order of the authority.
  it.each<[number, string, readonly number[], string]>([
    [1, CRS84, [-3.7, 40.4], "longitude, latitude"],
    [1, epsg(4326), [40.4, -3.7], "latitude, longitude"],
    [1, epsg(3857), [-411_882.116, 4_924_240.587], "easting, northing"],
    [1, epsg(25830), [440_598.079, 4_472_390.031], "easting, northing"],
    [2, epsg(2056), [2_600_000.578, 1_199_999.693], "easting, northing"],
    [1, epsg(3035), [2_027_957.632, 3_159_401.697], "northing, easting"],
    [3, epsg(2193), [8_107_443.675, 2_335_943.763], "northing, easting"],
  ])("of %i in %s are %j: %s", async (id, crs, expected) => {
    const coordinates = await place(id, crs);
    expect(coordinates).toEqual(expected.map((number) => expect.closeTo(number, 1)));
  });

  it("in the storage CRS equal those of the table, in pages and in single features", async () => {
    const { headers, body } = await items("utm", { crs: epsg(25830) });
    expect(headers.get("content-crs")).toBe(`<${epsg(25830)}>`);
    expect(body.features[0].geometry.coordinates).toEqual(await place(1, epsg(25830), "utm"));
    expect((await items("utm", {})).headers.get("content-crs")).toBe(`<${CRS84}>`);
    expect(body.links[0].href).toContain("crs=");
  });

  it("are available in every listed system", async () => {
    const { body } = await gateway.json("/ogc/collections/places");
    for (const crs of body.crs) expect((await items("places", { crs })).status).toBe(200);
  });

  it.each([
    [{ crs: "http://www.opengis.net/def/crs/EPSG/0/27700" }],
    [{ crs: "EPSG:4326" }],
    [{ "bbox-crs": "http://www.opengis.net/def/crs/EPSG/0/27700", bbox: "1,2,3,4" }],
    [{ "bbox-crs": epsg(25830), bbox: "5,2,3,4" }],
    [{ "bbox-crs": epsg(25830), bbox: "1,4,3,2" }],
    [{ "bbox-crs": epsg(4326), bbox: "50,1,40,2" }],
  ])("return 400 for %j", async (query) => {
    expect((await items("places", query)).status).toBe(400);
  });

  it("outside the area of use of a system return 400 with an explanation", async () => {
    const { status, body } = await items("astray", { crs: epsg(3857) });
    expect(status).toBe(400);
    expect(body.code).toBe("outside-crs");
  });
});

describe("a box in another coordinate reference system", () => {
  it("has the axis order of the system", async () => {
    expect(await inside("40,-4,41,-3", epsg(4326))).toEqual([1, 5]);
    expect(await inside("-4,40,-3,41", CRS84)).toEqual([1, 5]);
    expect(await inside("-4,40,-3,41", epsg(4326))).toEqual([5]);
    expect(await inside("40,-4,0,41,-3,9", epsg(4326))).toEqual([1, 5]);
    expect(await inside("2027000,3159000,2028000,3160000", epsg(3035))).toEqual([1, 5]);
  });
  it("can cross the antimeridian in degrees", async () => {
    expect(await inside("-20,179,-10,-179", epsg(4326))).toEqual([3, 5]);
  });
  it.each<[string, string, string, (string | number)[]]>([
    ["places", "-420000,4900000,-400000,4930000", epsg(3857), [1, 5]],
    ["mercator", "-420000,4900000,-400000,4930000", epsg(3857), [1]],
    ["places", "440000,4472000,441000,4473000", epsg(25830), [1, 5]],
    ["utm", "440000,4472000,441000,4473000", epsg(25830), [1]],
    ["mercator", "440000,4472000,441000,4473000", epsg(25830), [1]],
    ["places", "2599000,1199000,2601000,1201000", epsg(2056), [2, 5]],
    ["places", "-1000000,-1000000,1000000,1000000", epsg(3995), [4, 5]],
  ])("on %s, %s in %s selects %j", async (collection, bbox, crs, expected) => {
    const found = await inside(bbox, crs, collection);
    expect(found.filter((id) => id !== 5)).toEqual(expected.filter((id) => id !== 5));
  });
  it("can cross the antimeridian in a projection", async () => {
    // New Zealand Transverse Mercator is centred at 173° East.
    expect(await inside("8000000,2000000,8300000,3000000", epsg(2193))).toEqual([3, 5]);
  });
});
