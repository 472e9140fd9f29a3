import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnectionString } from "../../src/datasource/connection-string.ts";
import { openDatabase } from "../../src/datasource/open-database.ts";
import { checkDatasource } from "../../src/validation/check-datasource.ts";
import { type Json, serveRelease, silent, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

const SCHEMA = `
create extension unaccent;
create table towns (id int primary key, name text, people int, hidden boolean not null default false,
  geom geometry(Point, 4326) not null);
insert into towns select n, case when n = 3 then 'Málaga' else 'Town ' || n end,
  nullif(n % 4, 0), n % 2 = 0, st_setsrid(st_point(n, n), 4326) from generate_series(1, 20) n;
create index on towns using gist (geom);
create table shapes (id int primary key, kind text, geom geometry(Geometry, 4326));
insert into shapes values (1, 'road', 'SRID=4326;LINESTRING(0 0,1 1)'), (2, 'stop', 'SRID=4326;POINT(50 50)');
analyze towns, shapes`;

const properties = [propertyOf("name", "string"), propertyOf("people", "integer")];
const VISIBLE_IDS = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19];

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, SCHEMA);
  gateway = await serveRelease(
    releaseOf([
      layerOf("towns", { properties, filter: "hidden = FALSE OR hidden IS NULL" }),
      layerOf("ordered", {
        table: { schema: "public", name: "towns" },
        properties,
        orderBy: [{ property: "people", descending: true }],
      }),
      layerOf("roads", {
        table: { schema: "public", name: "shapes" },
        geometryType: "LineString",
        filter: "kind = 'road'",
      }),
    ]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function items(collection: string, query = ""): Promise<Json> {
  const { status, body } = await gateway.json(`/ogc/collections/${collection}/items?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
async function ids(collection: string, query = ""): Promise<number[]> {
  return (await items(collection, query)).features.map(({ id }: Json) => id);
}

describe("the filter of a layer", () => {
  it("restricts items, their count and the following pages", async () => {
    const first = await items("towns", "limit=4");
    expect(first.numberMatched).toBe(10);
    const seen: number[] = [];
    let next: string | undefined = `${gateway.url}/ogc/collections/towns/items?limit=4`;
    while (next) {
      const { body }: { body: Json } = await gateway.json(next);
      seen.push(...body.features.map(({ id }: Json) => id));
      next = body.links.find(({ rel }: Json) => rel === "next")?.href;
    }
    expect(seen).toEqual(VISIBLE_IDS);
  });

  it("hides a feature that is requested by its id", async () => {
    expect((await gateway.json("/ogc/collections/towns/items/3")).status).toBe(200);
    expect((await gateway.json("/ogc/collections/towns/items/4")).status).toBe(404);
  });

  it.each([
    "filter=people%3D2%20OR%20TRUE",
    "filter=TRUE",
    "filter=NOT%20(people%20%3D%20-1)%20OR%20people%20IS%20NULL",
    "bbox=-180,-90,180,90",
    "ids=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20",
    "sortby=-people",
    "offset=0",
  ])("cannot be widened with %s", async (query) => {
    const found = await ids("towns", `limit=100&${query}`);
    expect(found.filter((id) => id % 2 === 0)).toEqual([]);
    expect(found.length).toBeGreaterThan(0);
  });

  it("is combined with a client's filter, which cannot use its columns", async () => {
    expect(await ids("towns", "filter=people%3D1")).toEqual([1, 5, 9, 13, 17]);
    const { status } = await gateway.json("/ogc/collections/towns/items?filter=hidden%3DTRUE");
    expect(status).toBe(400);
  });

  it("restricts the extent", async () => {
    const extent: Json = await eventually(
      "the collection has an extent",
      async () => (await gateway.json("/ogc/collections/roads")).body.extent,
    );
    expect(extent.spatial.bbox).toEqual([[0, 0, 1, 1]]);
  });

  it("restricts tiles", async () => {
    const whole = await gateway.get("/ogc/collections/towns/tiles/WebMercatorQuad/0/0/0");
    const text = Buffer.from(await whole.arrayBuffer()).toString("latin1");
    expect(text).toContain("Town 5");
    expect(text).not.toContain("Town 4");
  });

  it("restricts the rows in which the geometry type is checked", async () => {
    expect((await items("roads")).features).toHaveLength(1);
  });

  it.each([
    ["visible = TRUE", /no property "visible"/],
    ["name > 5", /[Cc]annot compare/],
    ["name >", /At character/],
  ])("is reported as a problem if it does not fit the table: %s", async (filter, message) => {
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
    const layer = { ...layerOf("towns", { properties, filter }), pointer: "/l" };
    const [check] = await checkDatasource(opened, [layer], "metadata.json");
    await opened.close();
    expect(check?.problems).toMatchObject([
      { code: "invalid-filter", pointer: "/l/filter", file: "metadata.json" },
    ]);
    expect(check?.problems[0]?.message).toMatch(message);
  });
});

describe("the order of a layer", () => {
  const EXPECTED = Array.from({ length: 20 }, (_, index) => index + 1).sort(
    (a, b) => (b % 4 || -1) - (a % 4 || -1) || a - b,
  );

  it("orders items, by id among equal values and with nulls last", async () => {
    expect(await ids("ordered", "limit=100")).toEqual(EXPECTED);
  });

  it("is kept by the links to following and previous pages", async () => {
    const seen: number[] = [];
    let page = await items("ordered", "limit=3");
    const link = (rel: string) => page.links.find((each: Json) => each.rel === rel)?.href;
    for (;;) {
      seen.push(...page.features.map(({ id }: Json) => id));
      const next = link("next");
      if (next === undefined) break;
      page = (await gateway.json(next)).body;
    }
    expect(seen).toEqual(EXPECTED);
    page = (await gateway.json(link("prev"))).body;
    expect(page.features.map(({ id }: Json) => id)).toEqual(EXPECTED.slice(15, 18));
  });

  it("is replaced by sortby", async () => {
    expect(await ids("ordered", "limit=3&sortby=id")).toEqual([1, 2, 3]);
    expect(await ids("ordered", "limit=3&sortby=-id")).toEqual([20, 19, 18]);
  });

  it("rejects a cursor of another order", async () => {
    const page = await items("ordered", "limit=3&sortby=name");
    const next = new URL(page.links.find(({ rel }: Json) => rel === "next").href);
    next.searchParams.delete("sortby");
    expect((await gateway.json(next.href)).status).toBe(400);
  });
});

describe("ACCENTI", () => {
  it("is supported and declared if every database has unaccent", async () => {
    const filter = encodeURIComponent("ACCENTI(name) = ACCENTI('Malaga')");
    expect(await ids("towns", `filter=${filter}`)).toEqual([3]);
    const { conformsTo } = (await gateway.json("/ogc/conformance")).body;
    expect(conformsTo).toContain(ACCENTS);
  });

  it("is rejected and not declared without unaccent", async () => {
    const plain = await createDatabase();
    await administer(
      plain.url,
      "create table towns (id int primary key, name text, geom geometry(Point, 4326))",
    );
    const other = await serveRelease(
      releaseOf([layerOf("towns", { properties: [propertyOf("name", "string")] })]),
      { GIS: plain.url },
    );
    const filter = encodeURIComponent("ACCENTI(name) = ACCENTI('Malaga')");
    const { status, body } = await other.json(`/ogc/collections/towns/items?filter=${filter}`);
    const { conformsTo } = (await other.json("/ogc/conformance")).body;
    await other.stop();
    await plain.drop();
    expect(status).toBe(400);
    expect(body.detail).toContain("unaccent");
    expect(conformsTo).not.toContain(ACCENTS);
  });
});

const ACCENTS = "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison";

describe("the definition of the API", () => {
  it("lists exactly the parameters that items accepts", async () => {
    const { paths, components } = (await gateway.json("/ogc/api")).body;
    const names = paths["/collections/towns/items"].get.parameters.map(
      ({ $ref, name }: Json) => name ?? components.parameters[$ref.split("/").at(-1)].name,
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      // The format is negotiated before the parameters are checked, because errors need one too.
      const value = name === "f" ? "json" : "%00";
      const { body } = await gateway.json(
        `/ogc/collections/towns/items?${name}=${value}&no-such-parameter=1`,
      );
      expect(body.detail, name).toContain("no-such-parameter");
    }
    for (const name of (await import("../../src/ogc/items-parameters.ts")).ITEMS_PARAMETERS) {
      expect(names).toContain(name);
    }
  });
});
