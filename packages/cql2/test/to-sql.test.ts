import { describe, expect, it } from "vitest";
import { Cql2Error, parseJson, parseText, type SqlContext, toSql } from "../src/index.ts";
import { cities } from "./sample-context.ts";

const sql = (text: string, changes: Partial<SqlContext> = {}) =>
  toSql(parseText(text), { ...cities, ...changes });

describe("toSql", () => {
  it.each<[string, string, ...string[]]>([
    ["TRUE", "TRUE"],
    ["name = 'O''Brien'", '"name" = $1::text', "O'Brien"],
    ["kind = 'x'", '"kind"::text = $1::text', "x"],
    ["pop > 5", '"pop" > $1::bigint', "5"],
    ["pop > 5.5", '"pop" > $1::numeric', "5.5"],
    ["pop = 9007199254740993", '"pop" = $1::bigint', "9007199254740993"],
    ["pop = 9223372036854775808", '"pop" = $1::numeric', "9223372036854775808"],
    ["area > 5", '"area" > $1::numeric', "5"],
    ["capital = TRUE", '"capital" = $1::boolean', "true"],
    [
      "key = '00000000-0000-0000-0000-00000000000A'",
      '"key" = $1::uuid',
      "00000000-0000-0000-0000-00000000000A",
    ],
    ["opens < '09:30'", '"opens" < $1::time', "09:30"],
    ['"odd ""one""" = 1', '"Odd ""One""" = $1::bigint', "1"],
    ["pop = id", '"pop" = "id"'],
    [
      "pop > 1 AND (name = 'a' OR NOT capital = TRUE)",
      '("pop" > $1::bigint AND ("name" = $2::text OR NOT ("capital" = $3::boolean)))',
      "1",
      "a",
      "true",
    ],
    ["name LIKE 'a\\_%'", "\"name\" LIKE $1::text ESCAPE '\\'", "a\\_%"],
    ["CASEI(name) LIKE CASEI('A%')", "lower(\"name\") LIKE lower($1::text) ESCAPE '\\'", "A%"],
    ["ACCENTI(name) = ACCENTI('é')", 'unaccent("name") = unaccent($1::text)', "é"],
    ["CASEI(key) = CASEI('A')", 'lower("key"::text) = lower($1::text)', "A"],
    ["pop BETWEEN 1 AND 2", '"pop" BETWEEN $1::bigint AND $2::bigint', "1", "2"],
    ["name NOT IN ('a', 'b')", 'NOT ("name" IN ($1::text, $2::text))', "a", "b"],
    ["extra IS NOT NULL", 'NOT ("extra" IS NULL)'],
    ["(pop = 1) IS NULL", '("pop" = $1::bigint) IS NULL', "1"],
    ["pop = id + 1", '"pop" = ("id"::numeric + $1::numeric)', "1"],
    [
      "area / 2 > pop % 3",
      '("area" / nullif($1::numeric, 0)) > ("pop"::numeric % nullif($2::numeric, 0))',
      "2",
      "3",
    ],
    [
      "area div 2 = area ^ 2",
      'div("area"::numeric, nullif($1::numeric, 0)) = power("area"::float8, $2::numeric::float8)',
      "2",
      "2",
    ],
    ["founded = DATE('2020-01-31')", '"founded" = $1::date', "2020-01-31"],
    [
      "updated > TIMESTAMP('2020-01-31T10:00:00Z')",
      '"updated" > $1::timestamptz',
      "2020-01-31T10:00:00Z",
    ],
    ["updated <= DATE('2020-01-31')", '"updated" < $1::timestamptz', "2020-02-01T00:00:00Z"],
    ["DATE('2020-01-31') < updated", '"updated" >= $1::timestamptz', "2020-02-01T00:00:00Z"],
    ["founded < TIMESTAMP('2020-01-31T10:00:00Z')", '$1::date > "founded"', "2020-01-31"],
    ["founded = updated", '"updated"::date = "founded"'],
    [
      "updated IN (DATE('2020-12-31'), TIMESTAMP('2021-06-01T00:00:00Z'))",
      '(("updated" >= $1::timestamptz AND "updated" < $2::timestamptz) OR "updated" = $3::timestamptz)',
      "2020-12-31T00:00:00Z",
      "2021-01-01T00:00:00Z",
      "2021-06-01T00:00:00Z",
    ],
    ["T_AFTER(updated, starts)", '"updated" > "starts"'],
    [
      "T_INTERSECTS(updated, INTERVAL('2020-01-01T00:00:00Z', '..'))",
      '("updated" <= \'infinity\'::timestamptz AND "updated" >= $1::timestamptz)',
      "2020-01-01T00:00:00Z",
    ],
    [
      "T_DURING(INTERVAL(starts, ends), INTERVAL('2020-01-01T00:00:00Z', '2021-01-01T00:00:00Z'))",
      '("starts" > $1::timestamptz AND "ends" < $2::timestamptz)',
      "2020-01-01T00:00:00Z",
      "2021-01-01T00:00:00Z",
    ],
    [
      "S_INTERSECTS(geom, POINT(1 2))",
      'ST_Intersects("geom", ST_SetSRID(ST_GeomFromText($1::text), 4326))',
      "POINT(1 2)",
    ],
    [
      "S_WITHIN(mercator, POINT(1 2))",
      'ST_Within("mercator", ST_Transform(ST_SetSRID(ST_GeomFromText($1::text), 4326), 3857))',
      "POINT(1 2)",
    ],
    [
      "S_INTERSECTS(geom, BBOX(170, -10, -170, 10))",
      'ST_Intersects("geom", ST_SetSRID(ST_GeomFromText($1::text), 4326))',
      "MULTIPOLYGON(((170 -10,180 -10,180 10,170 10,170 -10)),((-180 -10,-170 -10,-170 10,-180 10,-180 -10)))",
    ],
    [
      "S_INTERSECTS(geom, BBOX(1, 2, 1, 2))",
      'ST_Intersects("geom", ST_SetSRID(ST_GeomFromText($1::text), 4326))',
      "POINT(1 2)",
    ],
    ["S_EQUALS(geom, mercator)", 'ST_Equals("geom", ST_Transform("mercator", 4326))'],
    [
      "A_CONTAINS(tags, ('a', 'b'))",
      '"tags"::text[] @> ARRAY[$1::text, $2::text]::text[]',
      "a",
      "b",
    ],
    [
      "A_EQUALS((1), counts)",
      '(ARRAY[$1::bigint]::bigint[] @> "counts"::bigint[] AND ARRAY[$1::bigint]::bigint[] <@ "counts"::bigint[])',
      "1",
    ],
    ["A_OVERLAPS(tags, ())", '"tags"::text[] && ARRAY[]::text[]'],
  ])("%s", (text, expected, ...values) => {
    expect(sql(text)).toEqual({ text: expected, values });
  });

  it("numbers parameters from firstParameter", () => {
    expect(sql("pop = 1 AND name = 'a'", { firstParameter: 7 }).text).toBe(
      '("pop" = $7::bigint AND "name" = $8::text)',
    );
  });

  it("swaps coordinates if the filter's CRS has north first", () => {
    const changes = { filterAxisOrder: "north-east" } as const;
    const values = (text: string) => sql(text, changes).values;
    expect(values("S_INTERSECTS(geom, POINT(60 10))")).toEqual(["POINT(10 60)"]);
    expect(values("S_INTERSECTS(geom, BBOX(60, 10, 61, 12))")).toEqual([
      "POLYGON((10 60,12 60,12 61,10 61,10 60))",
    ]);
  });
});

describe("a filter that does not match the layer", () => {
  it.each([
    ["popp > 5", "unknown-property", "/args/0", 'There is no property "popp". Did you mean "pop"?'],
    ["name = 'a' AND zzz = 1", "unknown-property", "/args/1/args/0", 'There is no property "zzz".'],
    [
      "name = 5",
      "type-mismatch",
      "/args/1",
      'Cannot compare property "name" (string) with a number.',
    ],
    [
      "pop = 'x'",
      "type-mismatch",
      "/args/1",
      'Cannot compare property "pop" (integer) with a string.',
    ],
    [
      "pop IN (1, 'x')",
      "type-mismatch",
      "/args/1/1",
      'Cannot compare property "pop" (integer) with a string.',
    ],
    [
      "geom = 5",
      "type-mismatch",
      "/args/0",
      'A comparison cannot take property "geom" (geometry).',
    ],
    [
      "extra = 'x'",
      "type-mismatch",
      "/args/0",
      'A comparison cannot take property "extra" (json).',
    ],
    [
      "founded = '2020-01-01'",
      "type-mismatch",
      "/args/1",
      "Cannot compare property \"founded\" (date) with a string. Write DATE('…') or TIMESTAMP('…').",
    ],
    ["key = 'x'", "type-mismatch", "/args/1", "The string is not a UUID."],
    ["opens = '25:00'", "type-mismatch", "/args/1", "The string is not a time of day (hh:mm:ss)."],
    [
      "pop LIKE 'x'",
      "type-mismatch",
      "/args/0",
      'LIKE takes a string, not property "pop" (integer).',
    ],
    [
      "CASEI(pop) = 'x'",
      "type-mismatch",
      "/args/0/args/0",
      'CASEI takes a string, not property "pop" (integer).',
    ],
    [
      "name BETWEEN 1 AND 2",
      "type-mismatch",
      "/args/0",
      'BETWEEN takes numbers, not property "name" (string). Use >= and <= instead.',
    ],
    [
      "name + 1 = 2",
      "type-mismatch",
      "/args/0/args/0",
      'Arithmetic takes numbers, not property "name" (string).',
    ],
    [
      "S_INTERSECTS(pop, POINT(1 2))",
      "type-mismatch",
      "/args/0",
      'Expected a geometry, found property "pop" (integer).',
    ],
    [
      "S_INTERSECTS(geom, name)",
      "type-mismatch",
      "/args/1",
      'Expected a geometry, found property "name" (string).',
    ],
    [
      "S_INTERSECTS(geom, POINT(1 91))",
      "invalid-geometry",
      "/args/1",
      "The latitude 91 is outside -90 to 90; the axis order is longitude, latitude.",
    ],
    [
      "S_INTERSECTS(geom, BBOX(1, 5, 2, 4))",
      "invalid-geometry",
      "/args/1",
      "The lower corner of the box is above its upper corner.",
    ],
    [
      "T_AFTER(name, DATE('2020-01-01'))",
      "type-mismatch",
      "/args/0",
      'Expected a date or timestamp, found property "name" (string).',
    ],
    [
      "T_DURING(updated, INTERVAL(starts, ends))",
      "type-mismatch",
      "/args/0",
      "T_DURING takes two intervals, not an instant. T_INTERSECTS takes both.",
    ],
    [
      "T_MEETS(INTERVAL(starts, ends), INTERVAL(name, '..'))",
      "type-mismatch",
      "/args/1/interval/0",
      'Expected a date or timestamp, found property "name" (string).',
    ],
    [
      "A_CONTAINS(name, ('x'))",
      "type-mismatch",
      "/args/0",
      'Expected an array, found property "name" (string).',
    ],
    [
      "A_CONTAINS(tags, pop)",
      "type-mismatch",
      "/args/1",
      'Expected an array, found property "pop" (integer).',
    ],
    [
      "A_CONTAINS(tags, counts)",
      "type-mismatch",
      "",
      "Cannot compare arrays of type string and integer.",
    ],
    [
      "A_CONTAINS(tags, ('x', 1))",
      "type-mismatch",
      "/args/1/1",
      "An array of type string cannot hold a number.",
    ],
    [
      "A_CONTAINS(tags, (POINT(1 2)))",
      "unsupported-operand",
      "/args/1/0",
      "An array cannot hold a geometry.",
    ],
    [
      "INTERVAL(starts, ends) IS NULL",
      "unsupported-operand",
      "/args/0",
      "IS NULL cannot test an interval.",
    ],
    [
      "S_INTERSECT(geom, POINT(1 2))",
      "unsupported-function",
      "",
      'There is no function "S_INTERSECT". Did you mean "S_INTERSECTS"?',
    ],
    ["Buffer(geom) = TRUE", "unsupported-function", "/args/0", 'There is no function "Buffer".'],
    ["avg(pop) IN (1)", "unsupported-function", "/args/0", 'There is no function "avg".'],
    ["f(1) IS NULL", "unsupported-function", "/args/0", 'There is no function "f".'],
    ["A_CONTAINS(tags, (f(1)))", "unsupported-function", "/args/1/0", 'There is no function "f".'],
    [
      "T_AFTER(updated, INTERVAL(f(1), '..'))",
      "unsupported-function",
      "/args/1/interval/0",
      'There is no function "f".',
    ],
  ])("%s", (text, code, pointer, message) => {
    expect(() => sql(text)).toThrow(
      expect.objectContaining({ name: "Cql2Error", code, message, position: { pointer } }),
    );
  });

  it("refuses ACCENTI without unaccent in the database", () => {
    const run = () => sql("ACCENTI(name) = 'e'", { functions: { unaccent: false } });
    expect(run).toThrow(expect.objectContaining({ code: "unsupported-function" }));
  });

  it("refuses a pattern that ends in its escape character", () => {
    const like = (pattern: string) => ({ op: "like", args: [{ property: "name" }, pattern] });
    const run = () => toSql(parseJson(like("a\\")), cities);
    expect(run).toThrow(Cql2Error);
    expect(toSql(parseJson(like("a\\\\")), cities).values).toEqual(["a\\\\"]);
  });

  it("splits a box only in degrees", () => {
    const run = () => sql("S_INTERSECTS(mercator, BBOX(2, 0, 1, 5))", { filterSrid: 3857 });
    expect(run).toThrow(expect.objectContaining({ code: "invalid-geometry" }));
  });
});
