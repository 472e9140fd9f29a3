import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table cities (id int primary key, name text, rank int, size float8 not null, geom geometry(Point, 4326));
     insert into cities select n, 'City ' || chr(64 + n), case when n % 5 = 0 then null else n % 3 end, (n % 4) / 3.0,
       st_setsrid(st_point(n, n), 4326) from generate_series(1, 23) n;`,
  );
  gateway = await serveRelease(
    releaseOf([
      layerOf("cities", {
        properties: [
          propertyOf("name", "string"),
          propertyOf("rank", "integer"),
          propertyOf("size", "number"),
        ],
      }),
    ]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const ITEMS = "/ogc/collections/cities/items";
const idsOf = (body: Json): number[] => body.features.map(({ id }: Json) => id);
const linkOf = (body: Json, rel: string): string | undefined =>
  body.links.find((link: Json) => link.rel === rel)?.href;

async function page(path: string): Promise<Json> {
  const { status, body } = await gateway.json(path);
  expect(body).toMatchObject({ type: "FeatureCollection" });
  expect(status).toBe(200);
  return body;
}

/** Follows links of one relation and returns the ids of each page. */
async function follow(rel: string, from: Json): Promise<{ pages: number[][]; last: Json }> {
  const pages: number[][] = [];
  let last = from;
  for (let href = linkOf(from, rel); href; href = linkOf(last, rel)) {
    last = await page(href);
    pages.push(idsOf(last));
  }
  return { pages, last };
}

it.each([
  "",
  "&sortby=name",
  "&sortby=-name",
  "&sortby=rank",
  "&sortby=-rank",
  "&sortby=-id",
  "&sortby=-size,rank",
  "&sortby=size,-rank,name",
  "&sortby=rank,-size&skipGeometry=true",
])("pages link forwards to the end and back to the start with '%s'", async (query) => {
  const all = idsOf(await page(`${ITEMS}?limit=1000${query}`));
  expect(all).toHaveLength(23);
  const first = await page(`${ITEMS}?limit=4${query}`);
  expect(linkOf(first, "prev")).toBeUndefined();
  const { pages, last } = await follow("next", first);
  const forwards = [idsOf(first), ...pages];
  expect(forwards.flat()).toEqual(all);
  const back = await follow("prev", last);
  expect([...back.pages.toReversed(), idsOf(last)]).toEqual(forwards);
  expect(linkOf(back.last, "next")).toBeDefined();
});

it("pages of another format follow an order of several columns", async () => {
  const query = "f=csv&sortby=-rank,size";
  const linesOf = async (answer: Response) =>
    (await answer.text()).trimEnd().split("\r\n").slice(1);
  const all = await linesOf(await gateway.get(`${ITEMS}?${query}&limit=1000`));
  const read: string[] = [];
  let href: string | undefined = `${ITEMS}?${query}&limit=4`;
  while (href) {
    const answer: Response = await gateway.get(href);
    read.push(...(await linesOf(answer)));
    href = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  expect(all).toHaveLength(23);
  expect(read).toEqual(all);
});

it("a page at an offset has a previous page", async () => {
  const body = await page(`${ITEMS}?limit=3&offset=2`);
  expect(idsOf(await page(linkOf(body, "prev") ?? ""))).toEqual([1, 2]);
});

it("features without a value are last in both orders", async () => {
  for (const sign of ["", "-", "%2B"]) {
    const body = await page(`${ITEMS}?limit=100&sortby=${sign}rank`);
    const ranks = body.features.map(({ properties }: Json) => properties.rank);
    const known = ranks.filter((rank: number | null) => rank !== null);
    expect(ranks.slice(-4)).toEqual([null, null, null, null]);
    expect(known).toEqual(known.toSorted((a: number, b: number) => (sign === "-" ? b - a : a - b)));
  }
});

describe("the selected members of a feature", () => {
  it("are selected by name", async () => {
    const [first] = (await page(`${ITEMS}?limit=1&properties=size,name&skipGeometry=true`))
      .features;
    expect(first).toEqual({
      type: "Feature",
      id: 1,
      geometry: null,
      properties: { name: "City A", size: expect.closeTo(0.333, 3) },
    });
    const [bare] = (await page(`${ITEMS}?limit=1&properties=`)).features;
    expect(bare.properties).toEqual({});
    expect(bare.geometry).toEqual({ type: "Point", coordinates: [1, 1] });
  });
  it("can be combined with ids", async () => {
    expect(idsOf(await page(`${ITEMS}?ids=7,3,99`))).toEqual([3, 7]);
  });
});

it.each([
  "sortby=nothing",
  "sortby=name,name",
  "sortby=",
  "properties=nothing",
  "skipGeometry=yes",
  "ids=",
  "ids=a",
  `sortby=name&cursor=${Buffer.from('after["1"]').toString("base64url")}`,
])("returns 400 for %s", async (query) => {
  expect((await gateway.json(`${ITEMS}?${query}`)).status).toBe(400);
});

describe("compression", () => {
  it("uses an encoding that the client accepts, and keeps the content", async () => {
    for (const path of [`${ITEMS}?limit=20`, "/ogc/api"]) {
      const plain = await gateway.get(path, { "Accept-Encoding": "identity" });
      const { timeStamp: _, ...expected } = (await plain.json()) as Json;
      expect(plain.headers.get("content-encoding")).toBeNull();
      expect(plain.headers.get("vary")).toContain("Accept-Encoding");
      for (const encoding of ["gzip", "br"]) {
        const answer = await gateway.get(path, { "Accept-Encoding": encoding });
        expect(answer.headers.get("content-encoding")).toBe(encoding);
        expect(Number(answer.headers.get("content-length"))).toBeLessThan(
          Number(plain.headers.get("content-length")) / 2,
        );
        expect(await answer.json()).toMatchObject(expected);
      }
    }
  });
  it("is not used for small responses, or if the client rejects it", async () => {
    const encodingOf = async (path: string, accepted: string) =>
      (await gateway.get(path, { "Accept-Encoding": accepted })).headers.get("content-encoding");
    expect(await encodingOf(`${ITEMS}?limit=1&properties=&f=csv`, "gzip, br")).toBeNull();
    expect(await encodingOf("/ogc/api", "gzip;q=0, identity")).toBeNull();
    expect(await encodingOf("/ogc/api", "*")).toBe("br");
  });
});
