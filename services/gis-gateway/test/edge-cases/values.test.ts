import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { createRecordedLog } from "../support/recorded-log.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

/** Names with a meaning in SQL, URLs, JSON or the statements of the gateway. */
const NAMES = [
  "a b",
  "$n",
  "$geometry",
  "$id",
  "q'uote",
  'dq"uote',
  "back\\slash",
  "%s$1?:x",
  "名前",
  "🗺",
  "select",
  "type",
  "id",
  "geometry",
  "properties",
  "item",
  "place",
  "features",
  "matched",
  "a,b",
  "-minus",
];
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

const SCHEMA = `
create schema "Año 1";
create table "Año 1"."Tab ""1"".x" ("Id.Größe" int primary key, ${NAMES.map((name) => `${quoted(name)} text`).join(", ")},
  "Geo'm" geometry(Point, 4326));
insert into "Año 1"."Tab ""1"".x" select n, ${NAMES.map((name) => `${text(`${name} `)} || n`).join(", ")},
  st_setsrid(st_point(n, n), 4326) from generate_series(1, 3) n;

create table kinds (id int primary key, small int2, big int8, exact numeric, whole numeric(20,0), approx float8, single float4,
  label text, flag boolean, born date, at timestamp, at_zone timestamptz, clock time, code uuid, names text[], grid int[],
  measures float8[], moments timestamptz[], doc jsonb, geom geometry(Point, 4326));
insert into kinds values
  (1, 32767, 9223372036854775807, 1e-20, 18446744073709551615, 0.1, 0.1, 'Ünï 🎈', true, '2024-02-29', '2024-02-29 23:59:59.999999',
   '2024-02-29 23:59:59.999999+05:30', '23:59:59.999999', 'ffffffff-ffff-4fff-bfff-ffffffffffff', '{"a,b","q\\"x",null,""}', '{{1,2},{3,4}}',
   '{1.5,NaN,-Infinity}', '{2024-01-01 00:00:00+02}', '{"b": 1, "a": [1.10, null, {"ü": "\\u0001"}]}', null),
  (2, -32768, -9223372036854775808, 123456789012345678901234567890.123456789, -1, 'NaN', 'Infinity', '', false, 'infinity', '-infinity',
   'infinity', '00:00', '00000000-0000-4000-8000-000000000000', '{}', '{}', '{}', '{}', '[]', null),
  (3, 0, 9007199254740993, 'NaN', 0, '-Infinity', '-Infinity', E'line\\nbreak\\ttab', null, '0001-01-01', '9999-12-31', '1900-01-01Z',
   '12:00', null, null, null, null, null, 'null', null),
  (4, null, 9007199254740992, 'Infinity', null, '-0', 1e-45, E'\\u0001\\u001f\\u2028"\\\\', null, '-infinity', null, null,
   null, null, '{NULL}', '{{1}}', '{1e308}', null, null, null),
  (5, 1, null, null, 1, 1e308, 3.4e38, null, true, null, 'infinity', '-infinity', null, '10000000-0000-4000-8000-000000000000', null, null, null, null, '1.0', null),
  (6, 1, null, -0.0, 1, 5e-324, null, null, true, '2024-02-29', '2024-02-29 23:59:59.999999', '2024-02-29 18:29:59.999999Z', null, null, null, null, null, null, '"x"', null),
  (7, 1, 9007199254740993, 'NaN', 1, 'NaN', 'NaN', 'Ünï 🎈', true, null, null, null, null, null, null, null, null, null, '{}', null);

create table by_text (id text primary key, geom geometry(Point, 4326));
insert into by_text (id) values ('plain'), ('with/slash'), ('ключ'), ('a+b&c=d#e?f%20'), ('"quoted"'), ('semi;colon'),
  ('🎈'), ('sp ace'), ('back\\slash'), ('comma,'), ('''); drop table by_text;--'), ('null'), ('0'), (E'tab\\t');
create table by_uuid (id uuid primary key, geom geometry(Point, 4326));
insert into by_uuid (id) values ('aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'), ('00000000-0000-4000-8000-000000000000');
create table by_int8 (id int8 primary key, geom geometry(Point, 4326));
insert into by_int8 (id) values (9223372036854775807), (-9223372036854775808), (0), (-1), (9007199254740993);
create table by_numeric (id numeric primary key, geom geometry(Point, 4326));
insert into by_numeric (id) values (1.10), (12345678901234567890.5), (-3), (1e-9);
create table by_moment (id timestamptz primary key, geom geometry(Point, 4326));
insert into by_moment (id) values ('2024-02-29 12:00:00.000001+02'), ('1900-01-01Z'), ('2024-02-29 10:00:00.000002Z');
create table by_date (id date primary key, geom geometry(Point, 4326));
insert into by_date (id) values ('2024-02-29'), ('0001-01-01');
create table by_two (country text, number int, geom geometry(Point, 4326), primary key (country, number));
insert into by_two (country, number) values ('ES', 1);

create table parts (id int primary key, label text, geom geometry(Point, 4326)) partition by range (id);
create table parts_1 partition of parts for values from (0) to (10);
create table parts_2 partition of parts for values from (10) to (20);
insert into parts select n, 'part ' || n, st_setsrid(st_point(n, n), 4326) from generate_series(0, 19) n;
create view joined as select p.id, p.label, k.big, st_buffer(p.geom, 1)::geometry(Polygon, 4326) as geom
  from parts p left join kinds k using (id);
create materialized view kept as select id, label, geom from parts;
create unique index on kept (id);
create view untyped as select id, label, st_pointonsurface(geom) as geom from parts;
`;

const all = Object.entries({
  small: "integer",
  big: "integer",
  exact: "number",
  whole: "integer",
  approx: "number",
  single: "number",
  label: "string",
  flag: "boolean",
  born: "date",
  at: "datetime",
  at_zone: "datetime",
  clock: "time",
  code: "uuid",
  names: "array",
  grid: "array",
  measures: "array",
  moments: "array",
  doc: "json",
} as const).map(([name, type]) => propertyOf(name, type));

let database: TestDatabase;
let gateway: TestGateway;
const recorded = createRecordedLog();

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, SCHEMA);
  await administer(database.url, "analyze");
  const label = [propertyOf("label", "string")];
  gateway = await serveRelease(
    releaseOf([
      layerOf("named", {
        table: { schema: "Año 1", name: 'Tab "1".x' },
        geometryColumn: "Geo'm",
        properties: NAMES.map((name) => propertyOf(name, "string")),
      }),
      layerOf("kinds", { properties: all }),
      ...["by_text", "by_uuid", "by_int8", "by_numeric", "by_moment", "by_date", "by_two"].map(
        (id) => layerOf(id),
      ),
      layerOf("parts", { properties: label }),
      layerOf("kept", { properties: label }),
      layerOf("untyped", { idColumn: "id", properties: label }),
      layerOf("joined", {
        idColumn: "id",
        geometryType: "Polygon",
        properties: [...label, propertyOf("big", "integer")],
      }),
    ]),
    { GIS: database.url },
    { log: recorded.log },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const items = (collection: string, query: Record<string, string> = {}) =>
  gateway.json(
    `/ogc/collections/${collection}/items?${new URLSearchParams({ limit: "100", ...query })}`,
  );

async function ids(collection: string, query?: Record<string, string>): Promise<unknown[]> {
  const { status, body } = await items(collection, query);
  expect(body).toMatchObject({ type: "FeatureCollection" });
  expect(status).toBe(200);
  return body.features.map(({ id }: Json) => id);
}

describe("a column name", () => {
  it("is a member with the same name in every format", async () => {
    const [first] = (await items("named")).body.features;
    expect(Object.keys(first.properties)).toEqual(NAMES);
    expect(first).toMatchObject({ id: 1, geometry: { coordinates: [1, 1] } });
    for (const name of NAMES) expect(first.properties[name]).toBe(`${name} 1`);
    for (const f of ["html", "csv", "jsonfg", "geojsonseq", "flatgeobuf"]) {
      const response = await gateway.get(`/ogc/collections/named/items?f=${f}`);
      expect([f, response.status]).toEqual([f, 200]);
    }
    expect((await gateway.get("/ogc/collections/named/items/1?f=html")).status).toBe(200);
    expect((await gateway.get("/ogc/collections/named/tiles/WebMercatorQuad/0/0/0")).status).toBe(
      200,
    );
  });

  it.each(NAMES)("%s can be used to filter, sort and select", async (name) => {
    const property = `"${name.replaceAll('"', '""')}"`;
    expect(
      await ids("named", { filter: `${property} = '${name.replaceAll("'", "''")} 2'` }),
    ).toEqual([2]);
    const json = { op: "=", args: [{ property: name }, `${name} 3`] };
    expect(
      await ids("named", { filter: JSON.stringify(json), "filter-lang": "cql2-json" }),
    ).toEqual([3]);
    // Parameters of the standard keep their meaning. Such a column can be filtered with `filter`.
    if (name !== "properties") expect(await ids("named", { [name]: `${name} 2` })).toEqual([2]);
    if (name.includes(",") || name.startsWith("-")) return;
    expect(await ids("named", { sortby: `-${name}` })).toEqual([3, 2, 1]);
    const { body } = await items("named", { properties: name, limit: "1" });
    expect(body.features[0].properties).toEqual({ [name]: `${name} 1` });
  });
});

describe("a value", () => {
  it("equals the stored value if JSON can represent it", async () => {
    const { body } = await items("kinds");
    const [one, two, three, four] = body.features.map(({ properties }: Json) => properties);
    expect(one).toEqual({
      small: 32767,
      big: Number("9223372036854775807"),
      exact: 1e-20,
      whole: Number("18446744073709551615"),
      approx: 0.1,
      single: 0.1,
      label: "Ünï 🎈",
      flag: true,
      born: "2024-02-29",
      at: "2024-02-29T23:59:59.999999Z",
      at_zone: "2024-02-29T18:29:59.999999Z",
      clock: "23:59:59.999999",
      code: "ffffffff-ffff-4fff-bfff-ffffffffffff",
      names: ["a,b", 'q"x', null, ""],
      grid: [
        [1, 2],
        [3, 4],
      ],
      measures: [1.5, "NaN", "-Infinity"],
      moments: ["2023-12-31T22:00:00+00:00"],
      doc: { b: 1, a: [1.1, null, { ü: "\u0001" }] },
    });
    expect(two).toMatchObject({
      approx: null,
      single: null,
      label: "",
      born: null,
      at: null,
      at_zone: null,
      names: [],
      doc: [],
    });
    expect(three).toMatchObject({
      exact: null,
      approx: null,
      born: "0001-01-01",
      at: "9999-12-31T00:00:00Z",
      label: "line\nbreak\ttab",
    });
    expect(four).toMatchObject({
      exact: null,
      names: [null],
      measures: [1e308],
      label: '\u0001\u001f\u2028"\\',
    });
  });

  it("keeps every digit in the response text", async () => {
    const response = await gateway.get("/ogc/collections/kinds/items?limit=100");
    const body = await response.text();
    for (const digits of [
      "9223372036854775807",
      "-9223372036854775808",
      "18446744073709551615",
      "123456789012345678901234567890.123456789",
    ]) {
      expect(body).toContain(`:${digits},`);
    }
  });

  it.each([
    ["big=9007199254740993", [3, 7]],
    ["big=9007199254740992", [4]],
    ["big=9223372036854775807", [1]],
    ["exact=123456789012345678901234567890.123456789", [2]],
    ["at_zone=2024-02-29T18:29:59.999999Z", [1, 6]],
    ["at_zone=2024-02-29T23:59:59.999999%2B05:30", [1, 6]],
    ["at=2024-02-29T23:59:59.999999Z", [1, 6]],
    ["label=", [2]],
    ["flag=false", [2]],
    ["code=FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF", [1]],
    ["filter=big = 9007199254740993", [3, 7]],
    ["filter=big > 9007199254740992 AND big < 9223372036854775807", [3, 7]],
    ["filter=big = 9223372036854775807", [1]],
    ["filter=big = -9223372036854775808", [2]],
    ["filter=exact = 123456789012345678901234567890.123456789", [2]],
    ["filter=at_zone = TIMESTAMP('2024-02-29T18:29:59.999999Z')", [1, 6]],
    ["filter=born = DATE('2024-02-29')", [1, 6]],
    ["filter=A_CONTAINS(names,('a,b'))", [1]],
    ["filter=label = 'Ünï 🎈'", [1, 7]],
    // PostgreSQL sorts NaN above every number, also in an index.
    ["filter=approx > 1e307", [2, 5, 7]],
    ["filter=big IS NULL", [5, 6]],
  ])("is found by %s", async (query, expected) => {
    const [name = "", ...value] = query.split("=");
    const encoded = name === "filter" ? encodeURIComponent(value.join("=")) : value.join("=");
    const { body } = await gateway.json(`/ogc/collections/kinds/items?${name}=${encoded}`);
    expect(
      body.features?.map(({ id }: Json) => id),
      JSON.stringify(body),
    ).toEqual(expected);
  });

  it.each(all.filter(({ type }) => type !== "json" && type !== "array").map(({ name }) => name))(
    "of %s works as a keyset cursor, including NaN, infinity and null",
    async (name) => {
      for (const sortby of [name, `-${name}`]) {
        const allIds = await ids("kinds", { sortby });
        expect(new Set(allIds).size).toBe(7);
        const seen: unknown[] = [];
        let at = `${gateway.url}/ogc/collections/kinds/items?limit=1&sortby=${sortby}`;
        let last: Json;
        for (let href: string | undefined = at; href; ) {
          at = href;
          last = (await gateway.json(at)).body;
          seen.push(...last.features.map(({ id }: Json) => id));
          href = last.links.find(({ rel }: Json) => rel === "next")?.href;
        }
        expect(seen).toEqual(allIds);
        const back: unknown[] = [];
        for (let href: string | undefined = at; href; ) {
          last = (await gateway.json(href)).body;
          back.unshift(...last.features.map(({ id }: Json) => id));
          href = last.links.find(({ rel }: Json) => rel === "prev")?.href;
        }
        expect(back).toEqual(allIds);
      }
    },
  );
});

describe("an id", () => {
  it.each(["by_text", "by_uuid", "by_int8", "by_numeric", "by_moment", "by_date"])(
    "of %s identifies its feature in links, views and cursors",
    async (collection) => {
      const allIds = await ids(collection);
      expect(allIds.length).toBeGreaterThan(1);
      const seen: unknown[] = [];
      for (let href: string | undefined = `/ogc/collections/${collection}/items?limit=1`; href; ) {
        const { body }: { body: Json } = await gateway.json(href);
        seen.push(...body.features.map(({ id }: Json) => id));
        href = body.links.find(({ rel }: Json) => rel === "next")?.href;
      }
      expect(seen).toEqual(allIds);
      for (const id of allIds) {
        const path = `/ogc/collections/${collection}/items/${encodeURIComponent(String(id))}`;
        const { status, body } = await gateway.json(path);
        expect([path, status, body.id]).toEqual([path, 200, id]);
        const self = body.links.find(({ rel }: Json) => rel === "self").href;
        expect((await gateway.json(self)).body.id).toEqual(id);
        expect((await gateway.get(path, { Accept: "text/html" })).status).toBe(200);
      }
      const { headers } = await gateway.get(`/ogc/collections/${collection}/items?f=html`);
      expect(headers.get("content-type")).toContain("text/html");
    },
  );

  it("of several columns is rejected; the log names the columns and the remedy", async () => {
    const { status, body } = await items("by_two");
    expect(status).toBe(503);
    expect(body.code).toBe("collection-unavailable");
    await recorded.waitForLine(
      /The primary key of public\.by_two has several columns \(country, number\)\. Set idColumn to a unique column/,
    );
  });
});

describe("partitioned tables and views", () => {
  it.each(["parts", "kept", "joined", "untyped"])(
    "%s is served like a table",
    async (collection) => {
      expect(await ids(collection)).toEqual(Array.from({ length: 20 }, (_, index) => index));
      expect(await ids(collection, { bbox: "9.9,9.9,10.1,10.1" })).toContain(10);
      expect(await ids(collection, { filter: "label = 'part 12'" })).toEqual([12]);
      expect((await gateway.json(`/ogc/collections/${collection}/items/19`)).body.id).toBe(19);
      expect(
        (await gateway.get(`/ogc/collections/${collection}/tiles/WebMercatorQuad/0/0/0`)).status,
      ).toBe(200);
      expect(
        (await gateway.json(`/ogc/collections/${collection}`)).body.extent.spatial.bbox[0],
      ).toHaveLength(4);
    },
  );
});
