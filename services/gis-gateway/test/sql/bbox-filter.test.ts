import { BoundValues } from "@honua/pg-raw";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BoundLayer } from "../../src/layer/bound-layer.ts";
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
     analyze t;
     create temp table s (id serial, geom geometry(Geometry, 4326));
     insert into s (geom) select geom from t;
     insert into s (geom) select st_setsrid(st_makeenvelope(x, y, x + w, y + w), 4326)
       from unnest('{${NEAR},-2,2.5}'::float8[]) x, unnest('{${NEAR},-2,2.5}'::float8[]) y,
         unnest('{0.2,0.5,3}'::float8[]) w;
     insert into s (geom) select st_setsrid(st_makeline(st_point(x, y), st_point(y, -x)), 4326)
       from generate_series(-4, 4) x, generate_series(-4, 4) y;
     insert into s (geom) select st_collect(geom, st_translate(geom, 2, 1)) from s where id % 7 = 0;
     insert into s (geom) values ('srid=4326;polygon empty'), ('srid=4326;geometrycollection empty'),
       ('srid=4326;multipoint(empty, 1 1)'), ('srid=4326;polygon((-9 -9,9 -9,9 9,-9 9,-9 -9),(-8 -8,8 -8,8 8,-8 8,-8 -8))');
     create index on s using gist (geom);
     analyze s`,
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
  // Not nearer to each other than what ST_Intersects takes for the same.
  fc.constantFrom(0.1, Math.fround(0.1), 0.3, Math.fround(0.3), 0.6),
);
const boxOf = (ofEdge: fc.Arbitrary<number>) =>
  fc.tuple(ofEdge, ofEdge, ofEdge, ofEdge).map(([a, b, c, d]) => ({
    west: Math.min(a, b),
    east: Math.max(a, b),
    south: Math.min(c, d),
    north: Math.max(c, d),
  }));

/** Ids of the rows of a table for which a condition holds. */
async function found(
  table: "s" | "t",
  condition: string,
  values: readonly unknown[],
): Promise<number[]> {
  const text = `select id from ${table} t where ${condition} order by id`;
  return (await client.query(text, [...values])).rows.map(({ id }) => id);
}

/** Of the points, or of the shapes, what the filter finds and what ST_Intersects does by itself. */
async function foundBoth(within: Box, type: "Point" | "Geometry", mayLackGeometries: boolean) {
  const table = type === "Point" ? "t" : "s";
  const values = new BoundValues();
  const options = { wholeTable: false, mayLackGeometries };
  const condition = bboxFilter(layer(type), [within], values, options);
  const { west, south, east, north } = within;
  const box = "st_setsrid(st_makebox2d(st_point($1, $2), st_point($3, $4))::geometry, 4326)";
  const absent = mayLackGeometries ? " or geom is null" : "";
  return {
    condition,
    found: await found(table, condition, values.all()),
    expected: await found(table, `st_intersects(geom, ${box})${absent}`, [
      west,
      south,
      east,
      north,
    ]),
  };
}

describe.each([
  ["the table", "off"],
  ["the index", "on"],
])("a box, by %s", (_, bitmapscan) => {
  beforeAll(async () => {
    const seqscan = bitmapscan === "on" ? "off" : "on";
    await client.query(
      `set enable_seqscan = ${seqscan}; set enable_indexscan = off; set enable_bitmapscan = ${bitmapscan}`,
    );
  });

  it.each(["Point", "Geometry"] as const)(
    "has what ST_Intersects finds of type %s",
    async (type) => {
      await fc.assert(
        fc.asyncProperty(boxOf(edge), fc.boolean(), async (within, mayLackGeometries) => {
          const { condition, found, expected } = await foundBoth(within, type, mayLackGeometries);
          expect(found).toEqual(expected);
          expect(condition.includes("st_intersects")).toBe(type !== "Point");
        }),
        { numRuns: 200 },
      );
    },
  );

  it("has the points whose coordinates are in it, also where only double precision tells", async () => {
    await fc.assert(
      fc.asyncProperty(boxOf(fc.constantFrom(...NEAR)), async (within) => {
        const { west, east, south, north } = within;
        const inside = "st_x(geom) between $1 and $2 and st_y(geom) between $3 and $4";
        const expected = await found("t", inside, [west, east, south, north]);
        expect((await foundBoth(within, "Point", false)).found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
