import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PropertyColumn, parseText, type SqlContext, toSql } from "../src/index.ts";
import { arbitraryFilter } from "./arbitrary-filter.ts";
import { PAIRS } from "./own-pairs.ts";
import { cities } from "./sample-context.ts";

/** Row 3 is null in every column but its id. */
const TABLE = `
  create type kind as enum ('town', 'city');
  create table cities (
    id int primary key, name varchar(40), kind kind, pop int, area float8, capital boolean,
    founded date, updated timestamptz, starts timestamptz, ends timestamptz, opens time, key uuid,
    extra jsonb, tags text[], counts int[], "Odd ""One""" int,
    geom geometry(Geometry, 4326), mercator geometry(Geometry, 3857));
  insert into cities values
    (1, 'Zürich', 'city', 400000, 87.9, false, '2020-01-31', '2020-01-31T23:59:59.5Z',
      '2020-01-01T00:00:00Z', '2020-12-31T00:00:00Z', '09:30', '00000000-0000-0000-0000-00000000000a',
      '{}', '{a,b}', '{1,2,2}', 7, 'SRID=4326;POINT(8.54 47.37)', null),
    (2, 'O''Brien_50%', 'town', 0, 0, true, '1969-07-20', '2020-02-01T00:00:00Z',
      '2020-12-31T00:00:00Z', 'infinity', '18:00', null,
      '[]', '{}', '{2,1}', 8, 'SRID=4326;POINT(179.5 -17)', null);
  insert into cities (id) values (3);
  update cities set mercator = ST_Transform(geom, 3857);
  create table parcels (id bigint primary key, geom geometry(Point, 3857));
  insert into parcels select i, ST_SetSRID(ST_Point(i % 200 * 1000, i / 200 * 1000), 3857)
    from generate_series(1, 40000) i;
  create index on parcels using gist (geom);
  analyze parcels;`;

let database: TestDatabase;
let client: pg.Client;
let context: SqlContext = cities;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url, options: "-c TimeZone=UTC" });
  await client.connect();
  await client.query(TABLE);
  const unaccent = await client.query("create extension unaccent").then(
    () => true,
    () => false,
  );
  context = { ...cities, functions: { unaccent } };
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function idsOf(text: string): Promise<number[]> {
  const filter = toSql(parseText(text), context);
  const { rows } = await client.query(`select id from cities where ${filter.text} order by id`, [
    ...filter.values,
  ]);
  return rows.map(({ id }) => id);
}

describe("filters in PostGIS", () => {
  it.each<[string, number[]]>([
    ["TRUE", [1, 2, 3]],
    ["name = 'O''Brien_50%'", [2]],
    ["name LIKE 'Z_rich'", [1]],
    ["name LIKE '%\\_50\\%'", [2]],
    ["name LIKE '%x%'", []],
    ["CASEI(name) = CASEI('ZÜRICH')", [1]],
    ["CASEI(name) LIKE CASEI('o''BRIEN%')", [2]],
    ["kind = 'town'", [2]],
    ["kind IN ('town', 'village')", [2]],
    ["NOT pop = 0", [1]],
    ["pop IS NULL", [3]],
    ["(pop = 0) IS NULL", [3]],
    ["pop = 0 OR capital = FALSE", [1, 2]],
    ["pop > 9007199254740993", []],
    ["pop < 99999999999999999999", [1, 2]],
    ["pop BETWEEN -0.5 AND 0.5", [2]],
    ["pop NOT BETWEEN 1 AND 2", [1, 2]],
    ["area = 87.9", [1]],
    ["area > 87.89 AND area < 87.91", [1]],
    ["pop / 3 > 133333.3", [1]],
    ["pop div 3 = 133333", [1]],
    ["pop * 1000000 > 1", [1]],
    ["100 / pop = 1", []],
    ["pop % 7 = 6", [1]],
    ["area % 0 = 1", []],
    ["id ^ 2 = 4", [2]],
    ["-id = -2", [2]],
    ["id = pop + 2", [2]],
    ["opens < '12:00:00'", [1]],
    ["key = '00000000-0000-0000-0000-00000000000A'", [1]],
    ['"odd ""one""" = 7', [1]],
    ["founded < DATE('2000-01-01')", [2]],
    ["founded <= TIMESTAMP('2020-01-31T00:00:00Z')", [1, 2]],
    ["founded = updated", [1]],
    ["updated = DATE('2020-01-31')", [1]],
    ["updated <> DATE('2020-01-31')", [2]],
    ["updated <= DATE('2020-01-31')", [1]],
    ["updated > DATE('2020-01-31')", [2]],
    ["updated < DATE('9999-12-31')", [1, 2]],
    ["updated <= DATE('9999-12-31')", [1, 2]],
    ["updated >= TIMESTAMP('2020-01-31T23:59:59.500Z')", [1, 2]],
    ["T_EQUALS(updated, DATE('2020-01-31'))", [1]],
    ["T_INTERSECTS(updated, INTERVAL('2020-01-01', '2020-01-31'))", [1]],
    ["T_INTERSECTS(updated, INTERVAL('..', '2020-01-31T23:59:59.5Z'))", [1]],
    ["T_DISJOINT(updated, INTERVAL('..', '2020-01-31'))", [2]],
    ["T_AFTER(INTERVAL(starts, ends), DATE('2020-06-01'))", [2]],
    ["T_STARTS(INTERVAL(starts, ends), INTERVAL('2020-01-01', '..'))", [1]],
    ["T_FINISHES(INTERVAL(starts, ends), INTERVAL('2019-01-01', '..'))", [2]],
    ["T_MEETS(INTERVAL(starts, ends), INTERVAL('2020-12-31', '..'))", [1]],
    ["T_METBY(INTERVAL(starts, ends), INTERVAL('..', '2020-12-31'))", [2]],
    ["T_OVERLAPS(INTERVAL(starts, ends), INTERVAL('2020-06-01', '..'))", [1]],
    ["T_CONTAINS(INTERVAL(starts, ends), INTERVAL('2020-02-01', '2020-03-01'))", [1]],
    ["T_EQUALS(INTERVAL('..', '..'), INTERVAL('..', '..'))", [1, 2, 3]],
    ["A_CONTAINS(tags, ('b'))", [1]],
    ["A_CONTAINEDBY(tags, ('a', 'b', 'c'))", [1, 2]],
    ["A_OVERLAPS(tags, ('x', 'a'))", [1]],
    ["A_EQUALS(counts, (1, 2))", [1, 2]],
    ["A_EQUALS(tags, ())", [2]],
    ["S_INTERSECTS(geom, BBOX(8, 47, 9, 48))", [1]],
    ["S_INTERSECTS(mercator, BBOX(8, 47, 9, 48))", [1]],
    ["S_INTERSECTS(geom, BBOX(-180, -90, 180, 90))", [1, 2]],
    ["S_INTERSECTS(mercator, BBOX(-180, -90, 180, 90))", [1, 2]],
    ["S_INTERSECTS(geom, BBOX(179, -20, -170, -10))", [2]],
    ["S_INTERSECTS(mercator, BBOX(179, -20, -170, -10))", [2]],
    ["S_INTERSECTS(geom, BBOX(180, -20, -170, -10))", []],
    ["S_DISJOINT(geom, BBOX(8, 47, 9, 48))", [2]],
    ["NOT S_INTERSECTS(geom, BBOX(8, 47, 9, 48))", [2]],
    ["S_EQUALS(geom, POINT(8.54 47.37))", [1]],
    ["S_EQUALS(geom, POINT Z (8.54 47.37 400))", [1]],
    ["S_WITHIN(geom, POLYGON((8 47, 9 47, 9 48, 8 48, 8 47)))", [1]],
    ["S_CONTAINS(POLYGON((8 47, 9 47, 9 48, 8 48, 8 47)), geom)", [1]],
    ["S_TOUCHES(geom, LINESTRING(8.54 47.37, 9 48))", [1]],
    ["S_CROSSES(geom, LINESTRING(8 47, 9 48))", []],
    ["S_OVERLAPS(geom, MULTIPOINT((8.54 47.37), (1 1)))", []],
    ["S_INTERSECTS(geom, GEOMETRYCOLLECTION(POINT(1 1), POINT(8.54 47.37)))", [1]],
    ["S_INTERSECTS(geom, mercator)", [1]],
  ])("%s → %j", async (text, ids) => {
    expect(await idsOf(text)).toEqual(ids);
  });

  it("ignores accents with ACCENTI if the database has unaccent", async () => {
    if (!context.functions.unaccent) return;
    expect(await idsOf("ACCENTI(name) = ACCENTI('Zurich')")).toEqual([1]);
  });

  it("executes every example that compiles", async () => {
    const letters = new Map(
      ["a", "b", "c", "d"].map((name) => [name, { column: "pop", type: "integer" }] as const),
    );
    const properties = new Map([
      ...cities.properties,
      ...letters,
      ["g", { column: "geom", type: "geometry", srid: 4326 }] as const,
      ["t", { column: "updated", type: "datetime" }] as const,
    ]);
    let ran = 0;
    for (const [text] of PAIRS) {
      let filter: ReturnType<typeof toSql>;
      try {
        filter = toSql(parseText(text), { ...context, properties });
      } catch {
        continue;
      }
      await client.query(`select id from cities where ${filter.text}`, [...filter.values]);
      ran += 1;
    }
    expect(ran).toBeGreaterThan(40);
  });

  it("compiles to SQL without type errors", async () => {
    const columns = [...cities.properties.values()];
    const properties = new Map<string, PropertyColumn>();
    properties.get = (name) => columns[(name.codePointAt(0) ?? 0) % columns.length];
    const codes = new Set<string>();
    let compiled = 0;
    for (const tree of fc.sample(arbitraryFilter, 4_000)) {
      let filter: ReturnType<typeof toSql>;
      try {
        filter = toSql(tree, { ...context, properties });
      } catch {
        continue;
      }
      compiled += 1;
      await client
        .query(`select id from cities where ${filter.text}`, [...filter.values])
        .catch((error) => codes.add(`${error.code}`));
    }
    expect(compiled).toBeGreaterThan(300);
    // Class 22 is about values; XX000 is how PostGIS reports a geometry it cannot work with.
    expect([...codes].filter((code) => !/^22|^XX000/.test(code))).toEqual([]);
  });

  it("uses the indexes of the columns, also with a generic plan", async () => {
    const properties: SqlContext["properties"] = new Map([
      ["id", { column: "id", type: "integer" }],
      ["geom", { column: "geom", type: "geometry", srid: 3857 }],
    ]);
    const plan = async (text: string) => {
      const filter = toSql(parseText(text), { ...cities, properties });
      const { rows } = await client.query(`explain select * from parcels where ${filter.text}`, [
        ...filter.values,
      ]);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    for (const mode of ["force_custom_plan", "force_generic_plan"]) {
      await client.query(`set plan_cache_mode = ${mode}`);
      expect(await plan("id = 5")).toContain("Index Cond");
      expect(await plan("S_INTERSECTS(geom, BBOX(0, 0, 0.1, 0.1))")).toContain("parcels_geom_idx");
    }
  });
});
