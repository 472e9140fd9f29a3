import { parseText } from "@honua/cql2";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnectionString } from "../../src/datasource/connection-string.ts";
import { openDatabase } from "../../src/datasource/open-database.ts";
import { compileFeatureSql } from "../../src/sql/feature-sql.ts";
import type { PageRequest } from "../../src/sql/page-request.ts";
import { TILE_MATRIX_SETS } from "../../src/tiles/tile-matrix-set.ts";
import { tileSql } from "../../src/tiles/tile-sql.ts";
import { checkDatasource } from "../../src/validation/check-datasource.ts";
import { serveRelease, silent, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

/**
 * Hides the rows with a `secrecy` of 9. PostgreSQL evaluates cheap conditions first, and this filter costs more
 * than any condition of a client: without a fence, the client's conditions see the hidden rows.
 */
const FILTER = [
  "(secrecy < 9 AND S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90)))",
  "(secrecy <> 9 AND S_INTERSECTS(geometry, BBOX(-170, -80, 170, 80)))",
].join(" OR ");

/**
 * The filter of a layer hides the rows with a `secrecy` of 9. For each of them an operator of a client
 * fails; for the visible rows none fails. `shapes` may hold any geometry in any SRID.
 */
const SCHEMA = `
create extension unaccent;
create table towns (id int primary key, name text, people bigint, share float8, exact numeric,
  since timestamptz, counts int[], secrecy int not null default 0, geom geometry(Point, 4326));
insert into towns select n, 'Town ' || n, n * 1000, n / 10.0, n, '2020-01-01', array[n], 0,
  st_setsrid(st_point(n, n), 4326) from generate_series(1, 20) n;
create index on towns using gist (geom);
create table shapes (id int primary key, name text, secrecy int not null default 0, geom geometry);
insert into shapes select n, 'Shape ' || n, 0, st_setsrid(st_makeenvelope(n, n, n + 1, n + 1), 4326)
  from generate_series(1, 20) n;
create index on shapes using gist (geom);
create table meters (id int primary key, name text, secrecy int not null default 0,
  geom geometry(Geometry, 25832));
insert into meters select n, 'Area ' || n, 0,
  st_setsrid(st_makeenvelope(500000 + n, 5000000 + n, 500100 + n, 5000100 + n), 25832)
  from generate_series(1, 20) n;
create index on meters using gist (geom);
create table parcels (id int primary key, name text, hidden boolean not null, geom geometry(Polygon, 4326) not null);
insert into parcels select n, 'Parcel ' || n, n % 10 = 0,
  st_makeenvelope(n % 300 * 0.1, n / 300 * 0.1, n % 300 * 0.1 + 0.05, n / 300 * 0.1 + 0.05, 4326)
  from generate_series(1, 60000) n;
create index on parcels using gist (geom);
create index on parcels (name);
analyze towns, shapes, meters, parcels`;

const HIDDEN_ROWS_SQL = `
insert into towns values (1001, 'Hidden＼', 22315474, 1e300, ('1' || repeat('0', 400))::numeric, 'infinity', '{null}', 9,
  st_setsrid(st_point(1, 95), 4326));
insert into shapes values
  (1001, 'Hidden', 9, st_geomfromtext('POLYGON((0 0,9 9,9 0,0 9,0 0))', 4326)),
  (1002, 'Hidden', 9, st_setsrid(st_point(3, 3), 3857)),
  (1003, 'Hidden', 9, st_setsrid(st_point(5, 'NaN'), 4326)),
  (1004, 'Hidden', 9, 'SRID=4326;TIN(((0 0 0,0 9 0,9 9 0,0 0 0)))'),
  (1005, 'Hidden', 9, 'SRID=4326;CURVEPOLYGON(CIRCULARSTRING(0 0,4 0,4 4,0 4,0 0))'),
  (1006, 'Hidden', 9, 'SRID=4326;GEOMETRYCOLLECTION(POLYGON((0 0,9 9,9 0,0 9,0 0)),POINT(1 1))');
insert into meters values
  (1001, 'Hidden', 9, st_setsrid(st_makeenvelope(-1e30, -1e30, 1e30, 1e30), 25832)),
  (1002, 'Hidden', 9, st_setsrid(st_point(1e9, 'Infinity'), 25832));`;

const UNHIDE =
  "delete from towns where secrecy = 9; delete from shapes where secrecy = 9; delete from meters where secrecy = 9";

const properties = [propertyOf("name", "string")];
const layers = [
  layerOf("towns", {
    properties: [
      ...properties,
      propertyOf("people", "integer"),
      propertyOf("share", "number"),
      propertyOf("exact", "number"),
      propertyOf("since", "datetime"),
      propertyOf("counts", "array"),
    ],
    datetimeColumn: { start: "since", end: "since" },
    filter: FILTER,
  }),
  layerOf("shapes", { properties, geometryType: "Polygon", filter: FILTER }),
  layerOf("meters", {
    properties,
    geometryType: "Polygon",
    srid: 25832,
    crs: ["http://www.opengis.net/def/crs/EPSG/0/3857"],
    filter: FILTER,
  }),
  layerOf("parcels", { properties, geometryType: "Polygon", filter: "hidden = FALSE" }),
];

let database: TestDatabase;
let client: pg.Client;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query(SCHEMA);
  gateway = await serveRelease(releaseOf(layers), { GIS: database.url });
});
afterAll(async () => {
  await gateway?.stop();
  await client?.end();
  await database?.drop();
});

interface Seen {
  status: number;
  body: string;
}

/** The response without its time stamp. */
async function seen(path: string): Promise<Seen> {
  const response = await gateway.get(path);
  const body = Buffer.from(await response.arrayBuffer()).toString("latin1");
  return { status: response.status, body: body.replace(/"timeStamp":"[^"]*"/, "") };
}

/** The responses without any hidden row and with all of them. */
async function bothSeen(path: string): Promise<{ without: Seen; withHidden: Seen }> {
  const without = await seen(path);
  await client.query(HIDDEN_ROWS_SQL);
  try {
    return { without, withHidden: await seen(path) };
  } finally {
    await client.query(UNHIDE);
  }
}

const FORMATS = ["", "f=csv", "f=geojsonseq", "f=flatgeobuf", "f=html", "f=jsonfg"];

const TOWN_FILTERS = [
  "name = 'Hidden＼' AND (people - 22315474) ^ -1 > 2",
  "(people - 22315474) ^ -1 > 2",
  "people = 22315474 AND (people - 22315474) ^ -1 > 2",
  "(people - 22315475) ^ 0.5 > 2 OR people < 22315474",
  "people ^ 60 > 2",
  "share * 1e300 > 5",
  "share ^ 2 > 5",
  "exact = share",
  "exact ^ 2 > 5",
  "exact + share > 5",
  "ACCENTI(name) LIKE ACCENTI('Hidden＼')",
  "name LIKE ACCENTI('Hidden＼')",
  "S_WITHIN(geometry, POLYGON((0 0, 30 0, 30 100, 0 100, 0 0)))",
  "NOT ((people - 22315474) ^ -1 > 2)",
  "((people - 22315474) ^ -1 > 2) IS NULL",
];

describe("a client cannot detect a hidden row", () => {
  it.each(TOWN_FILTERS)("by the filter %s", async (filter) => {
    const query = `filter=${encodeURIComponent(filter)}&limit=100`;
    const { without, withHidden } = await bothSeen(`/ogc/collections/towns/items?${query}`);
    expect(withHidden).toEqual(without);
    expect(without.status, without.body).toBeLessThan(500);
  });

  it.each(FORMATS)("in the format '%s'", async (format) => {
    const filter = "(people - 22315474) ^ -1 < 2";
    const path = `/ogc/collections/towns/items?${format}&limit=100&filter=${encodeURIComponent(filter)}`;
    const { without, withHidden } = await bothSeen(path);
    expect(withHidden).toEqual(without);
    expect(without.status).toBe(200);
  });

  it.each([
    "ids=1001&filter=(people-22315474)^-1%3E2",
    "people=22315474&filter=(people-22315474)^-1%3E2",
    "datetime=2100-01-01T00:00:00Z/..&filter=(people-22315474)^-1%3E2",
    "bbox=0,-90,5,90&filter=(people-22315474)^-1%3E2",
    "sortby=-people&limit=1&filter=(people-22315474)^-1%3C2",
    "offset=1&limit=2&filter=(people-22315474)^-1%3C2",
    "limit=1&filter=(people-22315474)^-1%3C2",
    "bbox=0,0,10,100&crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84",
  ])("by the query %s", async (query) => {
    const { without, withHidden } = await bothSeen(`/ogc/collections/towns/items?${query}`);
    expect(withHidden).toEqual(without);
    expect(without.status).toBe(200);
  });

  it.each([
    "shapes/items?bbox=0,0,10,10&limit=100",
    "shapes/items?bbox=170,-10,-170,10&limit=100",
    "shapes/items?bbox=0.5,0.5,8.5,0.6&limit=100&f=csv",
    "shapes/items?ids=1002&bbox=0,0,10,10",
    "shapes/items?filter=S_INTERSECTS(geometry,BBOX(0,0,10,10))&limit=100",
    "shapes/items?filter=S_OVERLAPS(geometry,POLYGON((0%200,9%202,9%209,0%209,0%200)))&limit=100",
    "shapes/items?filter=S_TOUCHES(geometry,POLYGON((0%200,9%202,9%209,0%209,0%200)))&limit=100",
    "shapes/items?filter=S_DISJOINT(geometry,POLYGON((0%200,9%202,9%209,0%209,0%200)))&limit=100",
    "shapes/items/1002",
    "shapes/items/1003",
    "shapes/tiles/WebMercatorQuad/0/0/0",
    "shapes/tiles/WorldCRS84Quad/1/0/2",
    "meters/items?bbox=8,45,10,46&limit=100",
    "meters/items?bbox=-180,-90,180,90&limit=100",
    "meters/items?bbox=900000,5600000,1100000,5700000&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857",
    "meters/items?crs=http://www.opengis.net/def/crs/EPSG/0/3857&limit=100",
    "meters/items/1001",
    "meters/items/1002",
    "meters/tiles/WebMercatorQuad/0/0/0",
    "meters/tiles/WebMercatorQuad/5/11/16",
  ])("by the geometries of hidden rows: %s", async (path) => {
    const { without, withHidden } = await bothSeen(`/ogc/collections/${path}`);
    expect(withHidden).toEqual(without);
    expect(without.status).toBeLessThan(500);
  });
});

describe("a layer with a filter", () => {
  const request: PageRequest = {
    limit: 10,
    offset: 0,
    sortby: [],
    equals: [],
    counts: false,
    wholeTable: false,
    mayLackGeometries: false,
  };

  async function boundParcels() {
    const opened = await openDatabase(
      {
        target: parseConnectionString(database.url),
        readOnly: true,
        maxConnections: 2,
        idleTimeoutSeconds: 10,
        connectTimeoutSeconds: 5,
        statementTimeoutSeconds: 5,
      },
      silent,
    );
    try {
      const layer = layers.find(({ id }) => id === "parcels");
      if (!layer) throw new TypeError("no layer");
      const [check] = await checkDatasource(opened, [{ ...layer, pointer: "/l" }], "metadata.json");
      if (!check?.bound) throw new TypeError(JSON.stringify(check?.problems));
      return check.bound;
    } finally {
      await opened.close();
    }
  }

  async function planOf({ text, values }: { text: string; values: readonly unknown[] }) {
    const { rows } = await client.query(`explain ${text}`, [...values]);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  const box = { west: 1, south: 1, east: 1.5, north: 1.5 };

  it("uses the spatial index for boxes and tiles", async () => {
    const bound = await boundParcels();
    const sql = compileFeatureSql(bound);
    expect(await planOf(sql.page({ ...request, boxes: [box] }))).toContain("parcels_geom_idx");
    const areas = [{ srid: 3857, xMin: 100_000, yMin: 100_000, xMax: 150_000, yMax: 150_000 }];
    expect(await planOf(sql.page({ ...request, areas }))).toContain("parcels_geom_idx");
    const set = TILE_MATRIX_SETS.find(({ id }) => id === "WebMercatorQuad");
    if (!set) throw new TypeError("no tile matrix set");
    expect(await planOf(tileSql(bound, set, { matrix: 9, row: 253, column: 257 }))).toContain(
      "parcels_geom_idx",
    );
  });

  it("uses the index of the id for items, ids and pages", async () => {
    const bound = await boundParcels();
    const sql = compileFeatureSql(bound);
    expect(await planOf(sql.feature("7"))).toContain("Index Cond: (id = 7)");
    expect(await planOf(sql.page({ ...request, ids: ["7", "8"] }))).toContain("parcels_pkey");
    expect(await planOf(sql.page(request))).toContain("parcels_pkey");
  });

  it("uses indexes for the error-free part of a client's filter", async () => {
    const bound = await boundParcels();
    const sql = compileFeatureSql(bound);
    const filter = (text: string) => ({ ...request, filter: { expression: parseText(text) } });
    const spatial = "S_INTERSECTS(geometry, POLYGON((1 1, 1.5 1, 1.5 1.5, 1 1)))";
    expect(await planOf(sql.page(filter(spatial)))).toContain("parcels_geom_idx");
    expect(await planOf(sql.page(filter("name = 'Parcel 5'")))).toContain("parcels_name_idx");
    const mixed = "name = 'Parcel 5' AND CASEI(name) = CASEI('parcel 5')";
    expect(await planOf(sql.page(filter(mixed)))).toContain("parcels_name_idx");
  });
});
