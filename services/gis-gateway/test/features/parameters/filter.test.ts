import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveRelease, type TestGateway } from "../../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

const SCHEMA = `
create type mood as enum ('calm', 'wild');
create table places (id int primary key, name text, population int8, mood mood, tags text[],
  founded date, seen timestamptz, doc jsonb, geom geometry(Point, 25830));
insert into places
select n, case n when 3 then 'O''Brien' else 'Place ' || n end, n * 1000,
  case when n % 2 = 0 then 'calm' else 'wild' end::mood, array['t' || n % 3],
  date '2020-01-01' + n, timestamptz '2020-01-01 12:00+00' + n * interval '1 day', '[1]',
  st_transform(st_setsrid(st_point(-3 + n * 0.1, 40), 4326), 25830)
from generate_series(1, 20) n;
create index on places using gist (geom);
analyze places`;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, SCHEMA);
  const properties = [
    propertyOf("name", "string"),
    propertyOf("population", "integer"),
    propertyOf("mood", "string"),
    propertyOf("tags", "array"),
    propertyOf("founded", "date"),
    propertyOf("seen", "datetime"),
    propertyOf("doc", "json"),
  ];
  gateway = await serveRelease(releaseOf([layerOf("places", { srid: 25830, properties })]), {
    GIS: database.url,
  });
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function ids(filter: string, others: Record<string, string> = {}): Promise<unknown[]> {
  const query = new URLSearchParams({ limit: "100", filter, ...others });
  const response = await fetch(`${gateway.url}/ogc/collections/places/items?${query}`);
  expect(response.status, await response.clone().text()).toBe(200);
  const body = (await response.json()) as { features: { id: unknown }[] };
  return body.features.map(({ id }) => id);
}

async function refusal(filter: string, others: Record<string, string> = {}): Promise<string> {
  const query = new URLSearchParams({ filter, ...others });
  const response = await fetch(`${gateway.url}/ogc/collections/places/items?${query}`);
  expect(response.status).toBe(400);
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  return ((await response.json()) as { detail: string }).detail;
}

describe("filter in CQL2 text", () => {
  const cases: [string, number[]][] = [
    ["population > 18000", [19, 20]],
    ["name='O''Brien' AND population>5", [3]],
    [
      "CASEI(name) LIKE casei('PLACE 1_') AND NOT population IN (11000, 12000)",
      [10, 13, 14, 15, 16, 17, 18, 19],
    ],
    ["mood = 'calm' AND population <= 4000", [2, 4]],
    ["A_CONTAINS(tags, ('t0')) AND population < 7000", [3, 6]],
    ["founded >= DATE('2020-01-20')", [19, 20]],
    ["T_AFTER(seen, TIMESTAMP('2020-01-20T12:00:00Z'))", [20]],
    ["S_INTERSECTS(geom, BBOX(-2.95, 39, -2.75, 41))", [1, 2]],
    [
      "S_WITHIN(geometry, POLYGON((-2.05 39, -0.9 39, -0.9 41, -2.05 41, -2.05 39)))",
      [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
    ],
    ["population / 1000 = 7", [7]],
  ];
  it.each(cases.filter(([filter]) => !filter.includes("id IS NULL")))(
    "%s",
    async (filter, expected) => {
      expect(await ids(filter)).toEqual(expected);
    },
  );

  it("can be combined with bbox, property parameters, paging and the count", async () => {
    const query = new URLSearchParams({ filter: "population > 2000", mood: "wild", limit: "3" });
    const first = await fetch(`${gateway.url}/ogc/collections/places/items?${query}`);
    const page = (await first.json()) as {
      numberMatched: number;
      features: { id: number }[];
      links: { rel: string; href: string }[];
    };
    expect(page.numberMatched).toBe(9);
    expect(page.features.map(({ id }) => id)).toEqual([3, 5, 7]);
    const next = page.links.find(({ rel }) => rel === "next")?.href ?? "";
    const second = (await (await fetch(next)).json()) as { features: { id: number }[] };
    expect(second.features.map(({ id }) => id)).toEqual([9, 11, 13]);
  });

  it("expects latitude first in EPSG:4326", async () => {
    const epsg4326 = "http://www.opengis.net/def/crs/EPSG/0/4326";
    const box = "S_INTERSECTS(geom, POLYGON((39 -2.95, 41 -2.95, 41 -2.75, 39 -2.75, 39 -2.95)))";
    expect(await ids(box, { "filter-crs": epsg4326 })).toEqual([1, 2]);
    expect(await ids(box)).toEqual([]);
    const utm = "http://www.opengis.net/def/crs/EPSG/0/25830";
    const around = "S_INTERSECTS(geom, BBOX(500000, 4300000, 525000, 4500000))";
    expect(await ids(around, { "filter-crs": utm })).toEqual([1, 2]);
  });
});

describe("filter in CQL2 JSON", () => {
  it("selects the same features", async () => {
    const filter = JSON.stringify({ op: ">", args: [{ property: "population" }, 18000] });
    expect(await ids(filter, { "filter-lang": "cql2-json" })).toEqual([19, 20]);
  });
});

describe("an invalid filter", () => {
  it.each([
    ["population = 1 and", /character 19/],
    ["populaton > 5", /populaton.*population/],
    ["population > 'many'", /./],
    ["S_INTERSECTS(population, POINT(0 0))", /./],
    ["1 = 1; drop table places", /./],
    ["name = 'x\u0000'", /./],
    [`${"(".repeat(100)}1=1${")".repeat(100)}`, /deep/],
    ["f(name) = 1", /./],
    ["", /./],
  ])("returns 400 with the position for %s", async (filter, says) => {
    expect(await refusal(filter)).toMatch(says);
  });

  it("lists the supported languages and coordinate reference systems", async () => {
    expect(await refusal("1=1", { "filter-lang": "sql" })).toContain("cql2-text or cql2-json");
    expect(await refusal("1=1", { "filter-crs": "EPSG:9999" })).toContain("the collection lists");
  });

  it("is required if filter-lang is present", async () => {
    const query = new URLSearchParams({ "filter-lang": "cql2-text" });
    const response = await fetch(`${gateway.url}/ogc/collections/places/items?${query}`);
    expect(response.status).toBe(400);
  });
});
