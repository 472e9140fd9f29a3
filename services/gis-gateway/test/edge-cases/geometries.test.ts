import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const epsg = (code: number) => `http://www.opengis.net/def/crs/EPSG/0/${code}`;
/** The same squares are stored in each of these systems. */
const STORED = [4326, 4258, 3857, 25830, 2056];

// Unusual geometries from real data, each of which can make a server fail.
const SCHEMA = `
create table shapes (id int primary key, kind text, geom geometry);
insert into shapes select n, kind, st_setsrid(wkt::geometry, 4326) from (values
  (1, 'point', 'POINT(1 1)'), (2, 'height', 'POINT Z(2 2 20.5)'), (3, 'measure', 'POINT M(3 3 30)'),
  (4, 'both', 'POINT ZM(4 4 40 44)'), (5, 'line', 'LINESTRING(5 5,5.5 5.5)'),
  (6, 'clockwise', 'POLYGON((6 6,6 7,7 7,7 6,6 6),(6.2 6.2,6.4 6.2,6.4 6.4,6.2 6.4,6.2 6.2))'),
  (7, 'parts', 'MULTIPOLYGON(((8 8,9 9,9 8,8 8)),((8 -8,9 -8,9 -7,8 -8)))'),
  (8, 'nested', 'GEOMETRYCOLLECTION(POINT(10 10),GEOMETRYCOLLECTION(LINESTRING(10 10,11 11)))'),
  (9, 'arc', 'CIRCULARSTRING(20 0,21 1,22 0)'),
  (10, 'disc', 'CURVEPOLYGON(CIRCULARSTRING(30 0,32 0,30 0))'),
  (11, 'mixed', 'GEOMETRYCOLLECTION(POINT(40 0),COMPOUNDCURVE(CIRCULARSTRING(40 0,41 1,42 0),(42 0,43 0)))'),
  (12, 'none', null), (13, 'empty point', 'POINT EMPTY'), (14, 'empty polygon', 'POLYGON EMPTY'),
  (15, 'empty collection', 'GEOMETRYCOLLECTION EMPTY'), (16, 'empty line', 'LINESTRING Z EMPTY'),
  (17, 'empty disc', 'CURVEPOLYGON EMPTY'), (18, 'empty arc', 'CIRCULARSTRING EMPTY'),
  (19, 'half empty', 'MULTIPOINT((50 1),EMPTY)')
) v(n, kind, wkt);
create table discs (id int primary key, geom geometry(MultiSurface, 2056));
insert into discs values (1, st_setsrid('MULTISURFACE(CURVEPOLYGON(CIRCULARSTRING(2600000 1200000,
  2602000 1200000,2600000 1200000)))'::geometry, 2056));
create table lost (id int primary key, kind text, doc jsonb, geom geometry(Point, 4326));
insert into lost select n, kind, '{"geometry": {"type": "Point", "coordinates": [1, 2]}}',
  st_setsrid(st_point(x, y), 4326) from (values (1, 'here', 1::float8, 1::float8), (2, 'not a number', 'NaN', 1),
  (3, ',"geometry":{"type":"Point","coordinates":[NaN,1]}', 3, 'Infinity'),
  (4, 'nowhere', 'NaN', 'NaN'), (5, 'there', 2, 2)) v(n, kind, x, y);
create table lost_ways (id int primary key, geom geometry(LineString, 4326));
insert into lost_ways values (1, st_makeline(st_setsrid(st_point(1, 'NaN'), 4326), st_setsrid(st_point(1, 1), 4326)));
${STORED.map(
  (srid) => `
create table squares_${srid} (id int primary key, name text, geom geometry(PolygonZ, ${srid}));
insert into squares_${srid} select n, 'Quadrat ' || n, st_transform(st_force3d(
  st_makeenvelope(7 + n * 0.1, 46, 7.08 + n * 0.1, 46.08, 4326), 500 + n), ${srid}) from generate_series(0, 4) n;
insert into squares_${srid} values (5, 'leer', null),
  (6, 'öde', st_setsrid('POLYGON Z EMPTY'::geometry, ${srid}));
create index on squares_${srid} using gist (geom);`,
).join("")}
`;

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, SCHEMA);
  await administer(database.url, "analyze");
  gateway = await serveRelease(
    releaseOf([
      layerOf("shapes", { geometryType: "Geometry", properties: [propertyOf("kind", "string")] }),
      layerOf("discs", { geometryType: "MultiPolygon", srid: 2056 }),
      layerOf("lost", { properties: [propertyOf("kind", "string"), propertyOf("doc", "json")] }),
      layerOf("lost_ways", { geometryType: "LineString" }),
      ...STORED.map((srid) =>
        layerOf(`squares_${srid}`, {
          srid,
          geometryType: "Polygon",
          properties: [propertyOf("name", "string")],
        }),
      ),
    ]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const path = (collection: string, query: Record<string, string> = {}) =>
  `/ogc/collections/${collection}/items?${new URLSearchParams({ limit: "100", ...query })}`;

async function features(collection: string, query?: Record<string, string>): Promise<Json[]> {
  const { status, body } = await gateway.json(path(collection, query));
  expect(body).toMatchObject({ type: "FeatureCollection" });
  expect(status).toBe(200);
  return body.features;
}

async function ids(collection: string, query?: Record<string, string>): Promise<number[]> {
  return (await features(collection, query)).map(({ id }) => id);
}

const geometryOf = async (id: number) =>
  (await features("shapes")).find((feature) => feature.id === id)?.geometry;

describe("a column of mixed geometries", () => {
  it.each([
    [1, { type: "Point", coordinates: [1, 1] }],
    [2, { type: "Point", coordinates: [2, 2, 20.5] }],
    [3, { type: "Point", coordinates: [3, 3] }],
    [4, { type: "Point", coordinates: [4, 4, 40] }],
    [
      5,
      {
        type: "LineString",
        coordinates: [
          [5, 5],
          [5.5, 5.5],
        ],
      },
    ],
    [
      6,
      {
        type: "Polygon",
        coordinates: [
          [
            [6, 6],
            [7, 6],
            [7, 7],
            [6, 7],
            [6, 6],
          ],
          [
            [6.2, 6.2],
            [6.2, 6.4],
            [6.4, 6.4],
            [6.4, 6.2],
            [6.2, 6.2],
          ],
        ],
      },
    ],
    [
      7,
      {
        type: "MultiPolygon",
        coordinates: [
          [
            [
              [8, 8],
              [9, 8],
              [9, 9],
              [8, 8],
            ],
          ],
          [
            [
              [8, -8],
              [9, -8],
              [9, -7],
              [8, -8],
            ],
          ],
        ],
      },
    ],
    [
      8,
      {
        type: "GeometryCollection",
        geometries: [
          { type: "Point", coordinates: [10, 10] },
          {
            type: "LineString",
            coordinates: [
              [10, 10],
              [11, 11],
            ],
          },
        ],
      },
    ],
    [19, { type: "MultiPoint", coordinates: [[50, 1]] }],
  ])(
    "returns %i as valid GeoJSON: lines keep their direction, rings follow the right-hand rule",
    async (id, shape) => {
      expect(await geometryOf(id)).toEqual(shape);
    },
  );

  it("linearizes arcs from their first point to their last", async () => {
    const { type, coordinates } = await geometryOf(9);
    expect(type).toBe("LineString");
    expect([coordinates[0], coordinates.at(-1)]).toEqual([
      [20, 0],
      [22, 0],
    ]);
    expect(coordinates.length).toBeGreaterThan(30);
    for (const [x, y] of coordinates) expect(Math.hypot(x - 21, y)).toBeCloseTo(1, 5);
    const disc = await geometryOf(10);
    for (const [x, y] of disc.coordinates[0]) expect(Math.hypot(x - 31, y)).toBeCloseTo(1, 5);
    const { geometries } = await geometryOf(11);
    expect(geometries[1].coordinates[0]).toEqual([40, 0]);
    expect(geometries[1].coordinates.at(-1)).toEqual([43, 0]);
  });

  it("returns null for null and for empty geometries", async () => {
    const nulls = (await features("shapes")).filter(({ geometry }) => geometry === null);
    expect(nulls.map(({ id }) => id)).toEqual([12, 13, 14, 15, 16, 17, 18]);
    expect(await ids("shapes", { filter: "geom IS NULL" })).toEqual([12]);
  });

  it("is filtered by its arcs, not by their chords", async () => {
    expect(await ids("shapes", { bbox: "20.95,0.95,21.05,1.05" })).toEqual([9, 12]);
    expect(await ids("shapes", { bbox: "20.9,0.2,21.1,0.4" })).toEqual([12]);
    const inDisc = "S_INTERSECTS(geom,POLYGON((30.1 -0.1,30.3 -0.1,30.3 0.1,30.1 0.1,30.1 -0.1)))";
    expect(await ids("shapes", { filter: inDisc })).toEqual([10]);
    expect(await ids("shapes", { filter: "S_WITHIN(geom,BBOX(29,-2,33,2))" })).toEqual([10]);
    expect(await ids("shapes", { bbox: "9.5,9.5,11.5,11.5" })).toEqual([8, 12]);
  });

  it("is available in every offered format, and not in FlatGeobuf", async () => {
    const { links } = (await gateway.json("/ogc/collections/shapes")).body;
    const offered = links.filter(({ rel }: Json) => rel === "items").map(({ href }: Json) => href);
    expect(offered).toHaveLength(4);
    for (const href of [...offered, path("shapes", { f: "html" })]) {
      const response = await gateway.get(
        `${href}${href.includes("?") ? "&" : "?"}crs=${epsg(3857)}`,
      );
      expect([href, response.status]).toEqual([href, 200]);
    }
    // PostGIS writes one kind of geometry into a FlatGeobuf.
    expect((await gateway.get(path("shapes", { f: "flatgeobuf" }))).status).toBe(400);
    const csv = await (await gateway.get(path("shapes", { f: "csv" }))).text();
    expect(csv).toContain('4,"both","POINT ZM (4 4 40 44)"\r\n');
    expect(csv).toContain('12,"none",\r\n');
  });

  it("is included in tiles", async () => {
    const tile = await gateway.get("/ogc/collections/shapes/tiles/WebMercatorQuad/0/0/0");
    expect(tile.status).toBe(200);
    expect((await tile.arrayBuffer()).byteLength).toBeGreaterThan(300);
  });
});

it("serves projected surfaces with arcs as polygons", async () => {
  const [disc] = await features("discs");
  expect(disc.geometry.type).toBe("MultiPolygon");
  const [projected] = await features("discs", { crs: epsg(2056) });
  for (const [x, y] of projected.geometry.coordinates[0][0]) {
    expect(Math.hypot(x - 2_601_000, y - 1_200_000)).toBeCloseTo(1_000, 0);
  }
  expect((await gateway.get(path("discs", { f: "flatgeobuf" }))).status).toBe(200);
});

describe("NaN and infinite coordinates", () => {
  it.each(["json", "jsonfg", "geojsonseq"])("affect only their own geometry as %s", async (f) => {
    const text = await (await gateway.get(path("lost", { f }))).text();
    const read: Json[] =
      f === "geojsonseq"
        ? text
            .split("\u001e")
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : JSON.parse(text).features;
    expect(read.map(({ id, geometry }) => [id, geometry?.coordinates])).toEqual([
      [1, [1, 1]],
      [2, undefined],
      [3, undefined],
      [4, undefined],
      [5, [2, 2]],
    ]);
    expect(read[2].properties).toEqual({
      kind: ',"geometry":{"type":"Point","coordinates":[NaN,1]}',
      doc: { geometry: { type: "Point", coordinates: [1, 2] } },
    });
  });

  it("are omitted in views, single features and CSV", async () => {
    expect((await gateway.get(path("lost", { f: "html" }))).status).toBe(200);
    expect((await gateway.json("/ogc/collections/lost/items/2")).body.geometry).toBeNull();
    expect((await gateway.json("/ogc/collections/lost_ways/items/1")).body.geometry).toBeNull();
    const csv = await (await gateway.get(path("lost", { f: "csv", properties: "" }))).text();
    expect(csv.split("\r\n")).toEqual([
      "id,longitude,latitude",
      "1,1,1",
      "2,,1",
      "3,3,",
      "4,,",
      "5,2,2",
      "",
    ]);
  });
});

describe("geometries outside the map", () => {
  it.each([
    ["lost", [1, 1, 2, 2]],
    ["shapes", [1, -8, 50, 11]],
  ])("do not affect the extent, bbox queries and tiles of %s", async (collection, box) => {
    const extent = await eventually("the extent is computed", async () => {
      return (await gateway.json(`/ogc/collections/${collection}`)).body.extent;
    });
    expect(extent.spatial.bbox).toEqual([box]);
    expect(await ids(collection, { bbox: "0.5,0.5,1.5,1.5" })).toContain(1);
    for (const set of ["WebMercatorQuad/0/0/0", "WorldCRS84Quad/0/0/1"]) {
      const tile = await gateway.get(`/ogc/collections/${collection}/tiles/${set}`);
      expect([set, tile.status]).toEqual([set, 200]);
    }
    expect(await ids(collection, { filter: "S_INTERSECTS(geom,BBOX(0.5,0.5,1.5,1.5))" })).toContain(
      1,
    );
    expect((await gateway.get(path(collection, { crs: epsg(3857), limit: "1" }))).status).toBe(200);
  });
});

describe.each(STORED)("squares stored in EPSG:%i", (srid) => {
  const collection = `squares_${srid}`;

  it("have the same positions and heights in degrees and in their own system", async () => {
    const found = await features(collection);
    const [first] = found;
    const [x, y, height] = first.geometry.coordinates[0][0];
    expect([x, y, height]).toEqual([expect.closeTo(7, 6), expect.closeTo(46, 6), 500]);
    expect(found.map(({ geometry }) => geometry === null)).toEqual([
      ...Array(5).fill(false),
      true,
      true,
    ]);
    const [own] = await features(collection, { crs: epsg(srid) });
    expect(own.geometry.coordinates[0][0][2]).toBe(500);
    const [back] = (await gateway.json(`/ogc/collections/${collection}/items/0?crs=${epsg(srid)}`))
      .body.geometry.coordinates[0];
    expect(back).toEqual(own.geometry.coordinates[0][0]);
  });

  it("match the same bboxes and filters", async () => {
    const inside = "7.11,46.01,7.12,46.02";
    expect(await ids(collection, { bbox: inside })).toEqual([1, 5]);
    expect(await ids(collection, { bbox: "7.085,46,7.095,46.08" })).toEqual([5]);
    expect(
      await ids(collection, { bbox: "46.01,7.11,46.02,7.12", "bbox-crs": epsg(4326) }),
    ).toEqual([1, 5]);
    const [own] = await features(collection, { crs: epsg(srid), ids: "3" });
    const ring: number[][] = own.geometry.coordinates[0];
    const [a, b] = [0, 1].map(
      (axis) => ring.slice(0, 4).reduce((sum, at) => sum + (at[axis] ?? 0), 0) / 4,
    );
    const small = srid === 4326 || srid === 4258 ? 0.001 : 10;
    const box = [(a ?? 0) - small, (b ?? 0) - small, (a ?? 0) + small, (b ?? 0) + small];
    expect(await ids(collection, { bbox: box.join(","), "bbox-crs": epsg(srid) })).toEqual([3, 5]);
    const filter = `S_INTERSECTS(geom,POINT(${a} ${b}))`;
    expect(await ids(collection, { filter, "filter-crs": epsg(srid) })).toEqual([3]);
    expect(await ids(collection, { filter: "S_WITHIN(geom,BBOX(6.9,45.9,7.29,46.1))" })).toEqual([
      0, 1, 2,
    ]);
  });

  it("have an extent and tiles", async () => {
    const { extent } = (await gateway.json(`/ogc/collections/${collection}`)).body;
    const box = [7, 46, 7.48, 46.08].map((degrees) => expect.closeTo(degrees, 2));
    expect(extent.spatial.bbox[0]).toEqual(box);
    const tile = await gateway.get(`/ogc/collections/${collection}/tiles/WebMercatorQuad/8/90/133`);
    expect(tile.status).toBe(200);
  });
});
