import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isErrorFree,
  type PropertyColumn,
  parseText,
  type SqlContext,
  toSplitSql,
  toSql,
} from "../src/index.ts";

/** Rows with values at the limits of their types, on which operators fail that can fail at all. */
const TABLE = `
  create type kind as enum ('town', 'city');
  create table extremes (
    id serial primary key, name text, code varchar, padded char(5), kind kind, whole int, big bigint,
    small smallint, exact numeric, rough float8, rougher float4, yes boolean, day date,
    moment timestamptz, local timestamp, clock time, key uuid, tags text[], codes varchar[],
    counts int[], geom geometry, flat geometry(Geometry, 3857));
  insert into extremes (name, code, padded, kind) values
    ('', '', '', 'town'), ('Zürich\\', '%_\\', 'a', 'city'), (repeat('a', 100000), repeat('x', 5000), null, null);
  insert into extremes (whole, big, small, exact, rough, rougher, yes) values
    (2147483647, 9223372036854775807, 32767, ('1' || repeat('0', 1000))::numeric, 1.7e308, 3.4e38, true),
    (-2147483648, -9223372036854775808, -32768, 'NaN', 'Infinity', 'Infinity', false),
    (0, 0, 0, 0, '-Infinity', 'NaN', null), (1, 1, 1, 0.1, 'NaN', 1e-40, null), (5, 5, 5, 5, 5e-324, 0, true);
  insert into extremes (day, moment, local, clock, key) values
    ('infinity', 'infinity', 'infinity', '24:00', '00000000-0000-0000-0000-00000000000a'),
    ('-infinity', '-infinity', '-infinity', '00:00', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    ('4713-01-01 BC', '4713-01-01 00:00:00+00 BC', '4713-01-01 00:00:00 BC', '12:00', null),
    ('5874897-12-31', '294276-12-31 23:59:59+00', '294276-12-31 23:59:59', null, null);
  insert into extremes (tags, codes, counts) values
    ('{}', '{}', '{}'), ('{a,NULL}', '{NULL}', '{1,NULL}'), ('{{a,b},{c,d}}', '{{a}}', '{{1,2}}'),
    ('[5:6]={a,b}', '{a}', '{2147483647}');
  insert into extremes (geom, flat) values
    (st_setsrid(st_point('NaN', 'NaN'), 4326), st_setsrid(st_point(1e308, 1e308), 3857)),
    ('SRID=4326;POINT EMPTY', 'SRID=3857;GEOMETRYCOLLECTION EMPTY'),
    ('SRID=3857;POINT(1 1)', st_setsrid(st_point('Infinity', 0), 3857)),
    ('SRID=4326;POLYGON((0 0,2 2,2 0,0 2,0 0))', 'SRID=3857;POLYGON((0 0,2 2,2 0,0 2,0 0))'),
    ('SRID=4326;CURVEPOLYGON(CIRCULARSTRING(0 0,4 0,4 4,0 4,0 0))', 'SRID=3857;CIRCULARSTRING(0 0,1 1,2 0)'),
    ('SRID=4326;GEOMETRYCOLLECTION(POINT(1 1),POLYGON((0 0,1 1,1 0,0 1,0 0)))', null),
    ('SRID=4326;POINT(1 95)', null), ('POINT(1 1)', null),
    ('SRID=4326;TIN(((0 0 0,0 0 1,0 1 0,0 0 0)))', null);
  insert into extremes default values;
  create table nothing (like extremes);
  create function outcome(condition text, id int) returns text language plpgsql as $$
    declare found boolean;
    begin
      execute format('select exists (select 1 from extremes t where t.id = %s and %s)', id, condition)
        into found;
      return found::text;
    exception when others then
      return sqlstate;
    end $$;`;

const column = (name: string, type: PropertyColumn["type"], more: Partial<PropertyColumn> = {}) =>
  [name, { column: name, type, comparisonNeverFails: true, ...more }] as const;

const extremes: SqlContext = {
  properties: new Map([
    column("name", "string"),
    column("code", "string"),
    column("padded", "string"),
    column("kind", "string", { asText: true }),
    ...["whole", "big", "small"].map((name) => column(name, "integer")),
    ...["exact", "rough", "rougher"].map((name) => column(name, "number")),
    column("yes", "boolean"),
    column("day", "date"),
    ...["moment", "local"].map((name) => column(name, "datetime")),
    column("clock", "time"),
    column("key", "uuid"),
    column("tags", "array"),
    column("codes", "array"),
    column("counts", "array", { items: "integer" }),
    column("geom", "geometry", { srid: 4326 }),
    column("flat", "geometry", { srid: 3857 }),
  ]),
  firstParameter: 1,
  functions: { unaccent: false },
};

const NUMBERS = ["whole", "big", "small", "exact", "rough", "rougher"];
const NUMBER = fc.oneof(
  fc.constantFrom("0", "1", "5", "-2147483648", "9223372036854775807", "1e300", "1e-300", "0.5"),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);
const numeric: fc.Arbitrary<string> = fc.letrec<{ any: string; sum: string }>((tie) => ({
  any: fc.oneof({ maxDepth: 2 }, NUMBER, fc.constantFrom(...NUMBERS), tie("sum")),
  sum: fc
    .tuple(tie("any"), fc.constantFrom("+", "-", "*", "/", "%", " div ", "^"), tie("any"))
    .map(([left, op, right]) => `(${left})${op}(${right})`),
})).any;
const comparison = fc.constantFrom("=", "<>", "<", ">", "<=", ">=");
const strings = fc.constantFrom("name", "code", "padded", "kind", "'a'", "'Zürich'", "''", "'%'");
const days = fc.constantFrom("DATE('2020-01-31')", "DATE('0001-01-01')", "DATE('9999-12-31')");
const moments = fc.constantFrom("TIMESTAMP('2020-01-31T00:00:00Z')", "moment", "local", "day");
const ends = fc.constantFrom("'..'", "'2020-01-31'", "'0001-01-01T00:00:00Z'", "moment", "local");
const intervals = fc.tuple(ends, ends).map(([start, end]) => `INTERVAL(${start}, ${end})`);
const shapes = fc.constantFrom(
  "geom",
  "flat",
  "BBOX(0, 0, 10, 10)",
  "BBOX(170, -10, -170, 10)",
  "POINT(1 1)",
  "POLYGON((0 0, 2 2, 2 0, 0 2, 0 0))",
);
const arrays = fc.constantFrom("tags", "codes", "counts", "('a')", "('a', 'b')", "(1, 2)", "()");

const call = (names: readonly string[], operand: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom(...names), operand, operand)
    .map(([name, left, right]) => `${name}(${left}, ${right})`);
const compare = (left: fc.Arbitrary<string>, right = left) =>
  fc.tuple(left, comparison, right).map((parts) => parts.join(" "));

const predicate: fc.Arbitrary<string> = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    compare(numeric),
    compare(fc.constantFrom(...NUMBERS), NUMBER),
    fc.tuple(numeric, NUMBER, NUMBER).map(([v, low, high]) => `${v} BETWEEN ${low} AND ${high}`),
    fc
      .tuple(fc.constantFrom(...NUMBERS), fc.array(NUMBER, { minLength: 1, maxLength: 3 }))
      .map(([value, list]) => `${value} IN (${list.join(", ")})`),
    compare(strings),
    compare(strings.filter((text) => text.startsWith("'")).map((text) => `CASEI(${text})`)),
    fc.tuple(strings, strings).map(([value, pattern]) => `${value} LIKE ${pattern}`),
    compare(fc.constantFrom("yes"), fc.constantFrom("TRUE", "FALSE")),
    compare(fc.constantFrom("clock"), fc.constantFrom("'12:00:00'", "'00:00:00'")),
    compare(fc.constantFrom("key"), fc.constant("'00000000-0000-0000-0000-00000000000a'")),
    compare(moments, fc.oneof(days, moments)),
    call(["T_AFTER", "T_BEFORE", "T_DISJOINT", "T_INTERSECTS"], fc.oneof(moments, days, intervals)),
    call(["T_DURING", "T_MEETS", "T_OVERLAPS", "T_STARTS"], intervals),
    call(["A_CONTAINS", "A_CONTAINEDBY", "A_EQUALS", "A_OVERLAPS"], arrays),
    call(["S_INTERSECTS", "S_WITHIN", "S_EQUALS", "S_DISJOINT", "S_TOUCHES"], shapes),
    fc.constantFrom("geom IS NULL", "name IS NOT NULL", "(whole = 1) IS NULL"),
  ),
  any: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    tie("leaf"),
    fc.tuple(tie("any"), tie("any")).map(([one, other]) => `(${one}) AND (${other})`),
    fc.tuple(tie("any"), tie("any")).map(([one, other]) => `(${one}) OR (${other})`),
    tie("any").map((one) => `NOT (${one})`),
  ),
})).any;

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url, options: "-c TimeZone=UTC" });
  await client.connect();
  await client.query(TABLE);
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** Writes values out, because PostgreSQL refuses parameters that a statement does not use. */
function withValues(condition: string, values: readonly string[]): string {
  return condition.replaceAll(/\$(\d+)/g, (_, n) => pg.escapeLiteral(values[n - 1] ?? ""));
}

function isBoolean(outcome: string): boolean {
  return outcome === "true" || outcome === "false";
}

/** The ids of the rows for which a condition holds, or the SQLSTATE of its error. */
async function selected(
  condition: string,
  values: readonly string[],
  table: "extremes" | "nothing" = "extremes",
): Promise<number[] | string> {
  try {
    const text = withValues(condition, values);
    const { rows } = await client.query(`select id from ${table} where ${text} order by id`);
    return rows.map(({ id }) => id);
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

/** A constant may be out of range for a column; then the condition fails on an empty table as well. */
async function expectNoErrorFromRows(
  text: string,
  condition: string,
  values: readonly string[],
): Promise<void> {
  const found = await selected(condition, values);
  if (typeof found !== "string") return;
  expect(found, text).toBe(await selected(condition, values, "nothing"));
}

/** Calls `use` for filters that compile, until there are enough of them. */
async function withFilters(
  wanted: number,
  use: (text: string, filter: ReturnType<typeof parseText>) => Promise<boolean>,
): Promise<void> {
  let used = 0;
  for (const text of fc.sample(predicate, wanted * 10)) {
    if (used === wanted) break;
    let filter: ReturnType<typeof parseText>;
    try {
      filter = parseText(text);
      toSql(filter, extremes);
    } catch {
      continue;
    }
    if (await use(text, filter)) used += 1;
  }
  expect(used).toBe(wanted);
}

describe("an error-free filter", () => {
  it("raises no error on any row in PostgreSQL", async () => {
    await withFilters(1_500, async (text, filter) => {
      if (!isErrorFree(filter, extremes.properties)) return false;
      const sql = toSql(filter, extremes);
      await expectNoErrorFromRows(text, sql.text, sql.values);
      return true;
    });
  });

  it.each([
    "whole = 5",
    "5 < exact",
    "rough BETWEEN 1 AND 2",
    "name IN ('a', 'b')",
    "NOT (yes = TRUE OR day > DATE('2020-01-31'))",
    "T_INTERSECTS(INTERVAL(moment, local), INTERVAL('2020-01-01', '..'))",
    "A_CONTAINS(tags, ('a'))",
    "geom IS NULL",
  ])("may be %s", (text) => {
    expect(isErrorFree(parseText(text), extremes.properties)).toBe(true);
  });

  it.each([
    "(whole - 5) ^ -1 > 2",
    "exact = rough",
    "name LIKE 'a%'",
    "CASEI(name) = 'a'",
    "kind = 'town'",
    "A_CONTAINS(counts, (1))",
    "S_INTERSECTS(geom, POINT(1 1))",
    "unknown = 1",
    "whole = 1 OR whole * 2 = 4",
  ])("is not %s", (text) => {
    expect(isErrorFree(parseText(text), extremes.properties)).toBe(false);
  });

  it("is not a comparison with a column of an unlisted type", () => {
    const properties = new Map([["a", { column: "a", type: "string" } as const]]);
    expect(isErrorFree(parseText("a = 'x'"), properties)).toBe(false);
  });
});

describe("a split filter", () => {
  it("has error-free parts that raise no error, and selects the same rows behind a fence", async () => {
    let failed = 0;
    await withFilters(800, async (text, filter) => {
      if (isErrorFree(filter, extremes.properties)) return false;
      const split = toSplitSql(filter, extremes);
      const errorFree = ["TRUE", ...split.errorFree, ...split.prefilters].join(" AND ");
      await expectNoErrorFromRows(text, errorFree, split.values);
      const fallible = split.fallible.map((sql) => `(${sql}) IS TRUE`).join(" AND ");
      const fenced = `${errorFree} AND CASE WHEN ${errorFree} THEN ${fallible} ELSE FALSE END`;
      const whole = toSql(filter, extremes);
      const { rows } = await client.query(
        "select id, outcome($1, id) as expected, outcome($2, id) as found from extremes",
        [withValues(whole.text, whole.values), withValues(fenced, split.values)],
      );
      for (const { id, expected, found } of rows) {
        // The order of the conditions differs, so that one of them may fail where the other does not.
        const isComparable = isBoolean(expected) && isBoolean(found);
        if (isComparable) expect({ id, found }, text).toEqual({ id, found: expected });
        else failed += 1;
      }
      return true;
    });
    // Without filters that fail, the rows would prove nothing.
    expect(failed).toBeGreaterThan(100);
  });

  it("binds no value that its SQL does not use", async () => {
    await withFilters(500, async (text, filter) => {
      const { errorFree, prefilters, fallible, values } = toSplitSql(filter, extremes);
      const used = [...errorFree, ...prefilters, ...fallible].join(" ").match(/\$\d+/g) ?? [];
      expect(new Set(used).size, text).toBe(values.length);
      return true;
    });
  });

  it("compares bounding boxes before a spatial predicate", () => {
    const split = toSplitSql(parseText("S_WITHIN(geom, POINT(1 1)) AND whole = 5"), extremes);
    expect(split.errorFree).toEqual(['"whole" = $3::bigint']);
    expect(split.prefilters).toEqual(['"geom" && ST_SetSRID(ST_GeomFromText($2::text), 4326)']);
    expect(split.fallible).toEqual([
      'ST_Within("geom", ST_SetSRID(ST_GeomFromText($1::text), 4326))',
    ]);
  });

  it.each([
    "S_DISJOINT(geom, POINT(1 1))",
    "S_INTERSECTS(geom, flat)",
    "S_INTERSECTS(geom, POINT(1 1)) OR whole * 2 = 4",
    "NOT S_INTERSECTS(geom, POINT(1 1))",
  ])("has no prefilter for %s", (text) => {
    const { errorFree, prefilters } = toSplitSql(parseText(text), extremes);
    expect([...errorFree, ...prefilters]).toEqual([]);
  });
});
