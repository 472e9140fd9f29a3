import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TILESETS_REL } from "../../src/tiles/tile-documents.ts";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table points (id int primary key, name text, geom geometry(Point, 4326));
     insert into points select n, 'p', st_setsrid(st_point(n, n), 4326) from generate_series(1, 30) n;
     create view slow as select p.id, p.geom from points p, lateral (select pg_sleep(10 + p.id * 0)) s`,
  );
  gateway = await serveRelease(
    releaseOf(
      [
        layerOf("points", { maxLimit: 20, properties: [propertyOf("name", "string")] }),
        layerOf("slow", { idColumn: "id", extent: [0, 0, 1, 1] }),
      ],
      {
        datasources: [
          {
            id: "main",
            pointer: "/datasources/0",
            type: "PostgreSQL",
            connectionString: "${GIS}",
            readOnly: true,
            pool: { max: 1 },
            statementTimeoutSeconds: 1,
          },
        ],
      },
    ),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const ITEMS = "/ogc/collections/points/items";

describe("a limit", () => {
  it.each(["", "&f=csv", "&f=jsonfg", "&f=flatgeobuf"])(
    "of features applies to a larger limit parameter%s",
    async (format) => {
      const response = await gateway.get(`${ITEMS}?limit=100000${format}`);
      expect(response.status).toBe(200);
      const body = await response.text();
      if (format === "") expect((JSON.parse(body) as Json).features).toHaveLength(20);
      if (format === "&f=csv") expect(body.split("\r\n")).toHaveLength(22);
    },
  );

  it("of a URL returns 414, below the limit of the HTTP server", async () => {
    const { status, body } = await gateway.json(`${ITEMS}?name=${"x".repeat(13_000)}`);
    expect([status, body.code]).toEqual([414, "url-too-long"]);
    expect((await gateway.get(`${ITEMS}?name=${"x".repeat(20_000)}`)).status).toBe(431);
    expect((await gateway.get(`${ITEMS}?name=${"x".repeat(11_000)}`)).status).toBe(200);
  });

  it("of a filter also applies to its depth", async () => {
    const deep = `${"NOT(".repeat(100)}name='p'${")".repeat(100)}`;
    const { status, body } = await gateway.json(`${ITEMS}?filter=${encodeURIComponent(deep)}`);
    expect([status, body.code]).toEqual([400, "too-deep"]);
  });

  it("of ids returns 400", async () => {
    const ids = Array.from({ length: 1_001 }, (_, index) => index).join(",");
    expect((await gateway.get(`${ITEMS}?ids=${ids}`)).status).toBe(400);
  });

  it("of the statement time returns 503 with Retry-After", async () => {
    const response = await gateway.get("/ogc/collections/slow/items");
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).not.toBeNull();
    expect(await response.json()).toMatchObject({ code: "statement-timeout" });
  });

  it("of requests that wait for a connection rejects further requests immediately", async () => {
    const answers = await Promise.all(
      Array.from({ length: 260 }, () => gateway.get("/ogc/collections/slow/items")),
    );
    const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<Json>));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers.every(({ headers }) => headers.has("retry-after"))).toBe(true);
    const busy = bodies.filter(({ code }) => code === "database-busy").length;
    expect(busy).toBeGreaterThanOrEqual(14);
    expect((await gateway.get(`${ITEMS}?limit=1`)).status).toBe(200);
  });
});

describe("a limit of this process", () => {
  let strict: TestGateway;
  beforeAll(async () => {
    strict = await serveRelease(
      releaseOf([
        layerOf("points", { properties: [propertyOf("name", "string")] }),
        layerOf("coarse", { table: { schema: "public", name: "points" }, maxZoom: 2 }),
        layerOf("fine", { table: { schema: "public", name: "points" }, minZoom: 18 }),
      ]),
      { GIS: database.url },
      { limits: { urlLength: 1_000, filterLength: 100, minTileZoom: 3 } },
    );
  });
  afterAll(() => strict?.stop());

  it("of a URL is taken from the configuration", async () => {
    const { status, body } = await strict.json(`${ITEMS}?name=${"x".repeat(1_000)}`);
    expect([status, body.code]).toEqual([414, "url-too-long"]);
    expect(body.detail).toContain("1000 characters");
    expect((await strict.get(`${ITEMS}?name=${"x".repeat(900)}`)).status).toBe(200);
  });

  it.each([
    ["cql2-text", (text: string) => `name='${text}'`],
    [
      "cql2-json",
      (text: string) => JSON.stringify({ op: "=", args: [{ property: "name" }, text] }),
    ],
  ])("of a filter in %s counts its characters, not those of the URL", async (language, filter) => {
    const ask = (text: string) =>
      strict.json(
        `${ITEMS}?${new URLSearchParams({ filter: filter(text), "filter-lang": language })}`,
      );
    const refused = await ask("é".repeat(100));
    expect([refused.status, refused.body.code]).toEqual([400, "too-long"]);
    expect(refused.body.detail).toContain("longer than 100 characters");
    expect((await ask("é".repeat(40))).status).toBe(200);
  });

  it("of the area of a tile applies to every tileset and its documents", async () => {
    const root = "/ogc/collections/points/tiles/WebMercatorQuad";
    for (const path of [root, "/ogc/tiles/WebMercatorQuad"]) {
      const { status, body } = await strict.json(`${path}/2/1/2`);
      expect([status, body.detail]).toEqual([
        404,
        "There is no tile '2/1/2' in this tileset, whose levels are 3 to 22.",
      ]);
      expect((await strict.get(`${path}/3/3/4`)).status).toBe(200);
      expect((await strict.json(path)).body.tileMatrixSetLimits[0].tileMatrix).toBe("3");
    }
    expect((await strict.json(`${root}/tilejson`)).body.minzoom).toBe(3);
    expect((await gateway.get(`${root}/2/1/2`)).status).toBe(200);
  });

  it("of the area of a tile can leave a layer without tiles, or without those of a tile matrix set", async () => {
    const coarse = "/ogc/collections/coarse";
    expect((await strict.get(`${coarse}/tiles`)).status).toBe(404);
    const { links } = (await strict.json(coarse)).body;
    expect(links.map(({ rel }: Json) => rel)).not.toContain(TILESETS_REL);
    const fine = "/ogc/collections/fine/tiles";
    const { tilesets } = (await strict.json(fine)).body;
    const sets = tilesets.map(({ tileMatrixSetURI }: Json) => tileMatrixSetURI.split("/").at(-1));
    expect(sets).toEqual(["WebMercatorQuad"]);
    const none = await strict.json(`${fine}/WorldCRS84Quad`);
    expect([none.status, none.body.detail]).toEqual([
      404,
      "There are no tiles of 'fine' in 'WorldCRS84Quad'.",
    ]);
    const page = await strict.get(fine, { Accept: "text/html" });
    expect(await page.text()).not.toContain("Infinity");
  });
});
