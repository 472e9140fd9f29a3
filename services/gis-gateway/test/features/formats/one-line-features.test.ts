import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table notes (id int primary key, body text, doc json, docs json[], geom geometry(Point, 4326));
     insert into notes select n, E'a,\\nb', E'{"a":\\n[1,\\n2],\\r\\n"b":"x\\\\n,"}',
       array[E'[\\n1,\\n2\\n]'::json, 'null'], null
       from generate_series(1, 3) n;`,
  );
  const properties = [
    propertyOf("body", "string"),
    propertyOf("doc", "json"),
    propertyOf("docs", "array"),
  ];
  gateway = await serveRelease(releaseOf([layerOf("notes", { properties })]), {
    GIS: database.url,
  });
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const PROPERTIES = {
  body: "a,\nb",
  doc: { a: [1, 2], b: "x\n," },
  docs: [[1, 2], null],
};

it("splits pages between features, even if values contain line breaks", async () => {
  const seen: number[] = [];
  const back: number[] = [];
  const read = async (path: string): Promise<Json> => {
    const { status, body } = await gateway.json(path);
    expect(status, JSON.stringify(body)).toBe(200);
    for (const { properties } of body.features) expect(properties).toEqual(PROPERTIES);
    return body;
  };
  const linkOf = (body: Json, rel: string) =>
    body.links.find((link: Json) => link.rel === rel)?.href;
  let last: Json;
  for (let path = "/ogc/collections/notes/items?limit=1"; path; path = linkOf(last, "next")) {
    last = await read(path);
    seen.push(...last.features.map(({ id }: Json) => id));
  }
  for (let path = linkOf(last, "prev"); path; path = linkOf(last, "prev")) {
    last = await read(path);
    back.push(...last.features.map(({ id }: Json) => id));
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(back).toEqual([2, 1]);
});
