import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../../../test/harness/postgres.ts";
import type { BoundLayer } from "../../src/check/bound-layer.ts";
import { BoundValues } from "../../src/database/statement.ts";
import { type Box, bboxFilter } from "../../src/sql/bbox-filter.ts";

let database: TestDatabase;
let client: pg.Client;

/** Coordinates that differ in double precision alone. */
const NEAR = [0.1, Math.fround(0.1), 0.3, Math.fround(0.3), 1 - 2 ** -53, 1, 1 + 2 ** -52];

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  // On a grid, so that boxes have points on their edges and corners; and what is no place.
  await client.query(
    `create temp table t (id serial, geom geometry(Point, 4326));
     insert into t (geom) select st_setsrid(st_point(x / 2.0, y / 2.0), 4326)
       from generate_series(-8, 8) x, generate_series(-8, 8) y;
     insert into t (geom) select st_setsrid(st_point(x, y), 4326)
       from unnest('{NaN,Infinity,-Infinity,1}'::float8[]) x, unnest('{NaN,Infinity,-Infinity,1}'::float8[]) y;
     insert into t (geom) select st_setsrid(st_point(x, y), 4326)
       from unnest('{${NEAR}}'::float8[]) x, unnest('{${NEAR}}'::float8[]) y;
     insert into t (geom) values (null), ('srid=4326;point empty'), ('srid=4326;point(0.1 0.1)');
     create index on t using gist (geom);
     analyze t`,
  );
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

const layer = (type: string) =>
  ({
    geometry: { name: "geom", geometry: { type, srid: 4326 } },
    storage: { kind: "crs84", srid: 4326 },
  }) as unknown as BoundLayer;

const edge = fc.oneof(
  fc.integer({ min: -9, max: 9 }).map((half) => half / 2),
  fc.constantFrom(0.1, 0.3),
);
const boxOf = (ofEdge: fc.Arbitrary<number>) =>
  fc.tuple(ofEdge, ofEdge, ofEdge, ofEdge).map(([a, b, c, d]) => ({
    west: Math.min(a, b),
    east: Math.max(a, b),
    south: Math.min(c, d),
    north: Math.max(c, d),
  }));

/** Ids of the rows for which a condition holds. */
async function found(condition: string, values: readonly unknown[]): Promise<number[]> {
  const text = `select id from t where ${condition} order by id`;
  return (await client.query(text, [...values])).rows.map(({ id }) => id);
}

function foundIn(within: Box, type: string, mayLackGeometries = false): Promise<number[]> {
  const values = new BoundValues();
  const options = { wholeTable: false, mayLackGeometries };
  const condition = bboxFilter(layer(type), [within], values, options);
  expect(condition.includes("st_intersects")).toBe(type !== "Point");
  return found(condition, values.all());
}

describe.each([
  ["the table", "off"],
  ["the index", "on"],
])("the points of a box, by %s", (_, bitmapscan) => {
  beforeAll(async () => {
    const seqscan = bitmapscan === "on" ? "off" : "on";
    await client.query(
      `set enable_seqscan = ${seqscan}; set enable_indexscan = off; set enable_bitmapscan = ${bitmapscan}`,
    );
  });

  it("are those that ST_Intersects finds, without asking it", async () => {
    await fc.assert(
      fc.asyncProperty(boxOf(edge), fc.boolean(), async (within, mayLackGeometries) => {
        const points = await foundIn(within, "Point", mayLackGeometries);
        expect(points).toEqual(await foundIn(within, "Geometry", mayLackGeometries));
      }),
      { numRuns: 200 },
    );
  });

  it("are those whose coordinates are in it, also where only double precision tells", async () => {
    await fc.assert(
      fc.asyncProperty(boxOf(fc.constantFrom(...NEAR)), async (within) => {
        const { west, east, south, north } = within;
        const inside = "st_x(geom) between $1 and $2 and st_y(geom) between $3 and $4";
        const expected = await found(inside, [west, east, south, north]);
        expect(await foundIn(within, "Point")).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
