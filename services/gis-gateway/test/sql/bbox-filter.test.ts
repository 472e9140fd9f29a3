import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, type TestDatabase } from "../../../../test/harness/postgres.ts";
import type { BoundLayer } from "../../src/check/bound-layer.ts";
import { BoundValues } from "../../src/database/statement.ts";
import { bboxFilter } from "../../src/sql/bbox-filter.ts";

let database: TestDatabase;
let client: pg.Client;

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
const box = fc.tuple(edge, edge, edge, edge).map(([a, b, c, d]) => ({
  west: Math.min(a, b),
  east: Math.max(a, b),
  south: Math.min(c, d),
  north: Math.max(c, d),
}));

it("finds the points that ST_Intersects finds, without asking it", async () => {
  await fc.assert(
    fc.asyncProperty(box, fc.boolean(), async (within, mayLackGeometries) => {
      const found = async (type: string) => {
        const values = new BoundValues();
        const options = { wholeTable: false, mayLackGeometries };
        const condition = bboxFilter(layer(type), [within], values, options);
        expect(condition.includes("st_intersects")).toBe(type !== "Point");
        const text = `select id from t where ${condition} order by id`;
        return (await client.query(text, [...values.all()])).rows;
      };
      expect(await found("Point")).toEqual(await found("Geometry"));
    }),
    { numRuns: 200 },
  );
});
