import { BoundValues } from "@honua/pg-raw";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BoundLayer } from "../../src/layer/bound-layer.ts";
import { type Box, bboxFilter } from "../../src/sql/bbox-filter.ts";

let database: TestDatabase;
let client: pg.Client;

/** Coordinates that differ only in double precision. */
const NEAR = [0.1, Math.fround(0.1), 0.3, Math.fround(0.3), 1 - 2 ** -53, 1, 1 + 2 ** -52];

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  // Points on a grid, so that boxes have points on their edges and corners, and invalid points.
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
  // ST_Intersects treats coordinates that are closer together than these as equal.
  fc.constantFrom(0.1, Math.fround(0.1), 0.3, Math.fround(0.3), 0.6),
);
const boxOf = (ofEdge: fc.Arbitrary<number>) =>
  fc.tuple(ofEdge, ofEdge, ofEdge, ofEdge).map(([a, b, c, d]) => ({
    west: Math.min(a, b),
    east: Math.max(a, b),
    south: Math.min(c, d),
    north: Math.max(c, d),
  }));

type GeometryType = "Point" | "Geometry";

/** A condition under test, and a reference condition that must select the same rows. */
interface Comparison {
  /** SQL conditions over a table `t`. Both bind their values with the same `BoundValues`. */
  condition: string;
  expectedCondition: string;
}

/** The condition under test. */
function filterSql(type: GeometryType, box: Box, values: BoundValues, mayLackGeometries: boolean) {
  const options = { wholeTable: false, mayLackGeometries };
  return bboxFilter(layer(type), [box], values, options);
}

/** The reference: `ST_Intersects` without any help of the index. */
function intersectsSql(box: Box, values: BoundValues, mayLackGeometries: boolean): string {
  const corner = (x: number, y: number) =>
    `st_point(${values.add(x)}::float8, ${values.add(y)}::float8)`;
  const corners = `${corner(box.west, box.south)}, ${corner(box.east, box.north)}`;
  const area = `st_setsrid(st_makebox2d(${corners})::geometry, 4326)`;
  return `st_intersects(geom, ${area})${mayLackGeometries ? " or geom is null" : ""}`;
}

/**
 * Selects the ids for all comparisons in one statement. On a busy machine, the round trips of
 * one statement for each comparison take most of the time limit.
 */
async function selectIds(
  table: "s" | "t",
  comparisons: readonly Comparison[],
  values: BoundValues,
): Promise<{ found: number[][]; expected: number[][] }> {
  const idsWhere = (condition: string) =>
    `array(select id from ${table} t where ${condition} order by id)`;
  const all = comparisons.flatMap(({ condition, expectedCondition }) => [
    `${idsWhere(condition)} as ids`,
    `${idsWhere(expectedCondition)} as ids`,
  ]);
  const text = `select ${all.join(", ")}`;
  const { rows } = await client.query<number[][]>({
    text,
    values: [...values.all()],
    rowMode: "array",
  });
  const ids = rows[0] ?? [];
  return {
    found: ids.filter((_, position) => position % 2 === 0),
    expected: ids.filter((_, position) => position % 2 === 1),
  };
}

/** Each property runs `RUNS` times on `BOXES` boxes. */
const RUNS = 10;
const BOXES = 20;
const severalOf = <Value>(value: fc.Arbitrary<Value>) =>
  fc.array(value, { minLength: BOXES, maxLength: BOXES });

describe.each([
  ["a table scan", "off"],
  ["the spatial index", "on"],
])("the filter of a box, evaluated by %s", (_, bitmapscan) => {
  beforeAll(async () => {
    const seqscan = bitmapscan === "on" ? "off" : "on";
    // The planner adds a cost of 10^10 to a disabled scan. With JIT, PostgreSQL would then compile
    // every statement, which takes up to 2 s. The gateway's sessions disable JIT, too.
    await client.query(
      `set jit = off; set enable_seqscan = ${seqscan}; set enable_indexscan = off; set enable_bitmapscan = ${bitmapscan}`,
    );
  });

  it.each(["Point", "Geometry"] as const)(
    "selects what ST_Intersects selects of type %s",
    async (type) => {
      const searches = severalOf(fc.record({ box: boxOf(edge), mayLackGeometries: fc.boolean() }));
      await fc.assert(
        fc.asyncProperty(searches, async (several) => {
          const values = new BoundValues();
          const comparisons = several.map(({ box, mayLackGeometries }) => ({
            condition: filterSql(type, box, values, mayLackGeometries),
            expectedCondition: intersectsSql(box, values, mayLackGeometries),
          }));
          for (const { condition } of comparisons) {
            expect(condition.includes("st_intersects")).toBe(type !== "Point");
          }
          const table = type === "Point" ? "t" : "s";
          const { found, expected } = await selectIds(table, comparisons, values);
          expect(found).toEqual(expected);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it("selects the points inside a box if their coordinates differ only in double precision", async () => {
    const boxes = severalOf(boxOf(fc.constantFrom(...NEAR)));
    await fc.assert(
      fc.asyncProperty(boxes, async (several) => {
        const values = new BoundValues();
        const comparisons = several.map((box) => {
          const between = (low: number, high: number) =>
            `between ${values.add(low)}::float8 and ${values.add(high)}::float8`;
          const x = `st_x(geom) ${between(box.west, box.east)}`;
          const y = `st_y(geom) ${between(box.south, box.north)}`;
          const condition = filterSql("Point", box, values, false);
          return { condition, expectedCondition: `${x} and ${y}` };
        });
        const { found, expected } = await selectIds("t", comparisons, values);
        expect(found).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });
});
