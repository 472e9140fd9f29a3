import type { Statement } from "@honua/pg-raw";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabaseRegistry } from "../../src/datasource/database-registry.ts";
import { parsePageRequest } from "../../src/features/page-request.ts";
import { encodeCursor } from "../../src/features/parameters/cursor.ts";
import { queryParameters } from "../../src/features/parameters/query-parameters.ts";
import { createExtentCache } from "../../src/release/extent-cache.ts";
import { type LoadedRelease, loadRelease } from "../../src/release/load-release.ts";
import { createNullGeometryTracker } from "../../src/release/null-geometry-tracker.ts";
import { TILE_MATRIX_SETS } from "../../src/tiles/tile-matrix-set.ts";
import { tileSql } from "../../src/tiles/tile-sql.ts";
import { type Json, LIMITS, serveRelease, silent, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const ROWS = 5_000_000;
/** Points in one row of the grid, and their distances in degrees. */
const COLUMNS = 2_500;
const [DX, DY] = [0.144, 0.08];
const SCHEMA = [
  `create unlogged table places with (autovacuum_enabled = false) as
   select n as id, n % 1000 as rank,
     case when n % 5 > 0 then n / 4 end as score, nullif(n % 1000, 0) as grade,
     st_setsrid(st_point((n % ${COLUMNS}) * ${DX} - 180, n / ${COLUMNS} * ${DY} - 80), 4326)::geometry(Point, 4326) as geom
   from generate_series(0, ${ROWS - 1}) n`,
  "set maintenance_work_mem = '256MB'",
  "alter table places alter geom set not null, alter rank set not null, add primary key (id)",
  "create index places_rank on places (rank, id)",
  "create index places_score on places (score)",
  "create index places_grade on places (grade desc nulls last, id)",
  "create index places_geom on places using gist (geom)",
  "analyze places",
];

let database: TestDatabase;
let client: pg.Client;
let gateway: TestGateway;
let loaded: LoadedRelease;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  for (const statement of SCHEMA) await client.query(statement);
  const properties = ["rank", "score", "grade"].map((name) => propertyOf(name, "integer"));
  const release = releaseOf([layerOf("places", { properties })]);
  const extents = createExtentCache(silent);
  gateway = await serveRelease(release, { GIS: database.url });
  loaded = await loadRelease(release, {
    environment: "test",
    databases: createDatabaseRegistry(silent),
    secrets: { variable: () => database.url, file: async () => "" },
    extents,
    nullGeometries: createNullGeometryTracker(silent),
    defaultCacheSeconds: 0,
    limits: LIMITS,
  });
  await extents.computeMissing(loaded.active.collections);
}, 300_000);
afterAll(async () => {
  loaded?.dispose();
  await gateway?.stop();
  await client?.end();
  await database?.drop();
});

const ITEMS = "/ogc/collections/places/items";

async function page(query: string): Promise<{ ids: number[]; next?: string; body: Json }> {
  const { body } = await gateway.json(`${ITEMS}?${query}`);
  expect(body).toMatchObject({ type: "FeatureCollection" });
  const next = body.links.find(({ rel }: Json) => rel === "next")?.href;
  return {
    ids: body.features.map(({ id }: Json) => id),
    ...(next ? { next: new URL(next).search.slice(1) } : {}),
    body,
  };
}

function source() {
  const collection = loaded.active.collections.get("places");
  if (!collection?.source) throw new Error("The collection is not served.");
  return { collection, source: collection.source };
}

/** The statement that the gateway executes for this query. */
function statementOf(query: string): Statement {
  const served = source();
  const parameters = queryParameters(query, served.collection.parameters);
  return served.source.sql.page(parsePageRequest(served.collection, served.source, parameters));
}

/** The cursor after a feature that is too far away to page to. */
async function cursorAfter(order: string, place: (number | null)[]): Promise<string> {
  const near = new URLSearchParams((await page(`limit=1${order}`)).next).get("cursor") ?? "";
  const values: string[] = JSON.parse(
    Buffer.from(near, "base64url").toString().slice("after".length),
  );
  const name = values.slice(0, values.length - place.length);
  const texts = place.map((value) => value?.toString() ?? null);
  return encodeCursor("after", JSON.stringify([...name, ...texts]));
}

/** Runs a statement. Returns the indexes that it used and the number of rows that it read. */
async function readBy({ text, values }: Statement): Promise<{ by: string[]; rows: number }> {
  const { rows } = await client.query(`explain (analyze, format json, timing off) ${text}`, [
    ...values,
  ]);
  const scans = nodesOf(rows[0]["QUERY PLAN"][0].Plan).filter(
    (node) => /Scan$/.test(node["Node Type"]) && node["Actual Loops"] > 0,
  );
  const read = (node: Json) =>
    ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"].reduce(
      (sum, member) => sum + (node[member] ?? 0) * node["Actual Loops"],
      0,
    );
  return {
    by: [
      ...new Set(
        scans
          .filter((node) => node["Index Name"] ?? node["Relation Name"])
          .map((node) => node["Index Name"] ?? `${node["Node Type"]} on ${node["Relation Name"]}`),
      ),
    ]
      .filter((name) => name !== "Bitmap Heap Scan on places")
      .toSorted(),
    rows: Math.max(0, ...scans.map(read)),
  };
}

function nodesOf(node: Json): Json[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

const range = (start: number, length: number, step = 1) =>
  Array.from({ length }, (_, index) => start + index * step);

/** The ids with a score, from `start`. */
const withScore = (start: number, length: number) =>
  range(start, length * 2)
    .filter((id) => id % 5 > 0)
    .slice(0, length);
/** More than a page, because rows with equal values are sorted together and some are skipped. */
const FEW = 100;

describe("a table of 5 000 000 rows", () => {
  it("returns the first page by key without counting", async () => {
    const { ids, body } = await page("limit=10");
    expect(ids).toEqual(range(0, 10));
    expect(body.numberMatched).toBeUndefined();
    expect(await readBy(statementOf("limit=10"))).toEqual({ by: ["places_pkey"], rows: 11 });
    expect(statementOf("limit=10").text).not.toContain("from (select 1 from");
  });

  it.each([
    ["", "places_pkey", [4_000_000], range(4_000_001, 10)],
    ["&sortby=-id", "places_pkey", [1_000_000], range(999_999, 10, -1)],
    ["&sortby=rank", "places_rank", [998, 4_999_998], range(999, 10, 1_000)],
  ])(
    "returns a distant page as fast as the first (limit=10%s)",
    async (order, index, place, expected) => {
      const query = `limit=10${order}&cursor=${await cursorAfter(order, place)}`;
      const { ids, next = "", body } = await page(query);
      expect(ids).toEqual(expected);
      const { by, rows } = await readBy(statementOf(query));
      expect(by).toEqual([index]);
      expect(rows).toBeLessThanOrEqual(12);

      const after = await page(next);
      const prev = after.body.links.find(({ rel }: Json) => rel === "prev")?.href;
      expect((await page(new URL(prev).search.slice(1))).ids).toEqual(ids);
      expect((await readBy(statementOf(new URL(prev).search.slice(1)))).rows).toBeLessThanOrEqual(
        12,
      );
      expect(body.numberMatched).toBeUndefined();
    },
  );

  it.each([
    // Four consecutive rows have the same score; every fifth row has none.
    ["score", "places_score", [1_000_000, 4_000_001], withScore(4_000_002, 10)],
    [
      "-score",
      "places_score",
      [1_000_000, 4_000_002],
      [4_000_003, ...range(3_999_996, 4), ...range(3_999_992, 3), ...range(3_999_988, 2)],
    ],
    ["-grade", "places_grade", [998, 4_999_998], range(997, 10, 1_000)],
    ["score", "places_pkey", [null, 4_000_000], range(4_000_005, 10, 5)],
    ["-score", "places_pkey", [null, 4_000_000], range(4_000_005, 10, 5)],
  ])(
    "returns a distant page by the nullable %s, from %s",
    async (sortby, index, place, expected) => {
      const order = `&sortby=${sortby}`;
      const query = `limit=10${order}&cursor=${await cursorAfter(order, place)}`;
      const { ids, next = "" } = await page(query);
      expect(ids).toEqual(expected);
      const { by, rows } = await readBy(statementOf(query));
      expect(by).toEqual([index]);
      expect(rows).toBeLessThan(FEW);

      const after = await page(next);
      const prev = after.body.links.find(({ rel }: Json) => rel === "prev")?.href;
      expect((await page(new URL(prev).search.slice(1))).ids).toEqual(ids);
      expect((await readBy(statementOf(new URL(prev).search.slice(1)))).rows).toBeLessThan(FEW);
    },
  );

  it("starts with the highest value of an index that has nulls first", async () => {
    const query = "limit=10&sortby=-score";
    const expected = [
      ...range(4_999_996, 4),
      ...range(4_999_992, 3),
      4_999_988,
      4_999_989,
      4_999_991,
    ];
    expect((await page(query)).ids).toEqual(expected);
    const { by, rows } = await readBy(statementOf(query));
    expect(by).toEqual(["places_score"]);
    expect(rows).toBeLessThan(FEW);
  });

  it("returns a feature by its id", async () => {
    const { body } = await gateway.json(`${ITEMS}/4999999`);
    expect(body).toMatchObject({ id: 4_999_999, properties: { rank: 999 } });
    expect(await readBy(source().source.sql.feature("4999999"))).toEqual({
      by: ["places_pkey"],
      rows: 1,
    });
    expect((await gateway.get(`${ITEMS}/5000000`)).status).toBe(404);
    const some = "ids=4999999,17,2500000";
    expect((await page(some)).ids).toEqual([17, 2_500_000, 4_999_999]);
    expect(await readBy(statementOf(some))).toEqual({ by: ["places_pkey"], rows: 3 });
  });

  it("returns and counts the features in a bbox with the spatial index", async () => {
    // Columns 1000 to 1003 of rows 1500 and 1501.
    const bbox = `bbox=${[1_000 * DX - 180.01, 1_500 * DY - 80.01, 1_003 * DX - 179.99, 1_501 * DY - 79.99]}`;
    const expected = [...range(1_500 * COLUMNS + 1_000, 4), ...range(1_501 * COLUMNS + 1_000, 4)];
    const { ids, body } = await page(`${bbox}&limit=10`);
    expect(ids).toEqual(expected);
    expect(body.numberMatched).toBe(8);
    // The spatial index finds the page, and the key's index fetches its rows.
    const both = ["places_geom", "places_pkey"];
    expect(await readBy(statementOf(`${bbox}&limit=10`))).toEqual({ by: both, rows: 8 });

    const { ids: half, next = "" } = await page(`${bbox}&limit=5`);
    expect([...half, ...(await page(next)).ids]).toEqual(expected);
    expect(await readBy(statementOf(next))).toEqual({ by: both, rows: 8 });

    const west = 1_000 * DX - 180.01;
    const polygon = `POLYGON((${west} 39.99,${west + 0.5} 39.99,${west + 0.5} 40.1,${west} 40.1,${west} 39.99))`;
    const filter = `filter=${encodeURIComponent(`S_INTERSECTS(geom,${polygon})`)}`;
    expect((await page(filter)).ids).toEqual(expected);
    expect((await readBy(statementOf(filter))).by).toEqual(both);
  });

  it("returns a bbox of the whole extent by key, without reading more than the page", async () => {
    for (const limit of [10, 1_000, 10_000]) {
      const query = `bbox=-180,-90,180,90&limit=${limit}`;
      expect((await page(query)).ids).toEqual(range(0, limit));
      expect(await readBy(statementOf(query))).toEqual({ by: ["places_pkey"], rows: limit + 1 });
    }
  });

  it("uses the spatial index for a large bbox that contains few of the first keys", async () => {
    // The northern tenth, which has the highest keys.
    const query = "bbox=-180,64,180,80&limit=10";
    const first = ((64 + 80) / DY) * COLUMNS;
    expect((await page(query)).ids).toEqual(range(first, 10));
    const { by, rows } = await readBy(statementOf(query));
    expect(by).toEqual(["places_geom", "places_pkey"]);
    expect(rows).toBeLessThan(ROWS / 8);
  });

  it("uses the index of a filtered property", async () => {
    const { ids, body } = await page("rank=999&limit=10");
    expect(ids).toEqual(range(999, 10, 1_000));
    expect(body.numberMatched).toBeUndefined();
    expect(await readBy(statementOf("rank=999&limit=10"))).toEqual({
      by: ["places_rank"],
      rows: 11,
    });
  });

  it("returns a tile with the spatial index, and a truncated tile of the world", async () => {
    const [set] = TILE_MATRIX_SETS;
    if (!set) throw new Error("There is no tile matrix set.");
    const address = { matrix: 10, row: 400, column: 600 };
    const { by, rows } = await readBy(tileSql(source().source.bound, set, address));
    expect(by).toEqual(["places_geom"]);
    expect(rows).toBeLessThan(40);
    for (const path of ["10/400/600", "0/0/0"]) {
      const tile = await gateway.get(`/ogc/collections/places/tiles/WebMercatorQuad/${path}`);
      expect([path, tile.status]).toEqual([path, 200]);
    }
  });

  it("estimates the extent without reading the table", async () => {
    const { extent } = (await gateway.json("/ogc/collections/places")).body;
    const corners = [-180, -80, (COLUMNS - 1) * DX - 180, (ROWS / COLUMNS - 1) * DY - 80];
    expect(extent.spatial.bbox[0]).toEqual(corners.map((at) => expect.closeTo(at, 1)));
  });
});
