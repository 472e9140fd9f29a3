import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

const TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table cities (id int primary key, name text, at timestamptz, geom geometry(Point, 4326));
     create index on cities using gist (geom);
     insert into cities values (1, 'Madrid', '2020-01-01Z', st_setsrid(st_point(-3.7, 40.4), 4326)),
       (2, 'Bern', null, st_setsrid(st_point(7.44, 46.95), 4326)), (3, 'Pole', null, st_setsrid(st_point(0, 90), 4326)), (4, 'Nowhere', null, null);
     create table utm (code text primary key, geom geometry(Polygon, 25830));
     insert into utm values ('plaza', st_buffer(st_transform(st_setsrid(st_point(-3.7, 40.4), 4326), 25830), 500));
     create table utm_point (id int primary key, geom geometry(Point, 25830));
     insert into utm_point select 1, st_centroid(geom) from utm;
     create index on utm_point using gist (geom);
     create table mercator (id int primary key, geom geometry(Point, 3857));
     insert into mercator select id, st_transform(geom, 3857) from cities where id < 3;`,
  );
  gateway = await serveRelease(
    releaseOf([
      layerOf("cities", {
        properties: [propertyOf("name", "string"), propertyOf("at", "datetime")],
        caching: { enabled: true, ttlSeconds: 60 },
      }),
      layerOf("utm", { srid: 25830, geometryType: "Polygon", minZoom: 8, maxZoom: 14 }),
      layerOf("mercator", { srid: 3857 }),
    ]),
    { GIS: database.url },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function tile(path: string): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await gateway.get(`/ogc/${path}`);
  const text = Buffer.from(await answer.arrayBuffer()).toString("latin1");
  return { status: answer.status, text, headers: answer.headers };
}

const linkOf = (body: Json, rel: string): Json => body.links.find((link: Json) => link.rel === rel);

/** Address of the tile of WebMercatorQuad that contains Madrid: matrix, row, column. */
function madrid(matrix: number): string {
  const latitude = (40.4 * Math.PI) / 180;
  const row = Math.floor(((1 - Math.asinh(Math.tan(latitude)) / Math.PI) / 2) * 2 ** matrix);
  return `${matrix}/${row}/${Math.floor(((-3.7 + 180) / 360) * 2 ** matrix)}`;
}

describe("tilesets", () => {
  it.each(["/ogc", "/ogc/collections/cities"])(
    "are linked from %s and link to tiles",
    async (path) => {
      const { body } = await gateway.json(path);
      const list = (await gateway.json(linkOf(body, TILESETS).href)).body;
      expect(list.tilesets.map(({ tileMatrixSetURI }: Json) => tileMatrixSetURI)).toEqual([
        "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
        "http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad",
      ]);
      for (const { links, ...summary } of list.tilesets) {
        const { status, body: tileset } = await gateway.json(linkOf({ links }, "self").href);
        expect(status).toBe(200);
        expect(tileset).toMatchObject({
          dataType: "vector",
          crs: summary.crs,
          tileMatrixSetURI: summary.tileMatrixSetURI,
        });
        const [limits] = tileset.tileMatrixSetLimits;
        expect(limits).toMatchObject({ tileMatrix: "0", minTileRow: 0, maxTileRow: 0 });
        const item = linkOf(tileset, "item");
        expect(item).toMatchObject({ type: "application/vnd.mapbox-vector-tile", templated: true });
        const href = item.href
          .replace("{tileMatrix}", limits.tileMatrix)
          .replace("{tileRow}", limits.maxTileRow)
          .replace("{tileCol}", limits.maxTileCol);
        expect((await gateway.get(href)).status).toBe(200);
      }
    },
  );

  it("have the zoom levels of the layer", async () => {
    const { body } = await gateway.json("/ogc/collections/utm/tiles/WebMercatorQuad");
    const matrices = body.tileMatrixSetLimits.map(({ tileMatrix }: Json) => Number(tileMatrix));
    expect([matrices.at(0), matrices.at(-1)]).toEqual([8, 14]);
    expect(body.tileMatrixSetLimits[0].maxTileCol).toBe(255);
  });

  it("are described as TileJSON", async () => {
    const { body } = await gateway.json("/ogc/collections/cities/tiles/WebMercatorQuad/tilejson");
    expect(body).toMatchObject({
      tilejson: "3.0.0",
      tiles: [`${gateway.url}/ogc/collections/cities/tiles/WebMercatorQuad/{z}/{y}/{x}`],
      minzoom: 0,
      vector_layers: [{ id: "cities", fields: { name: "String", at: "String" } }],
    });
  });

  it("are in the conformance classes and the API definition", async () => {
    const { conformsTo } = (await gateway.json("/ogc/conformance")).body;
    for (const name of [
      "core",
      "tileset",
      "tilesets-list",
      "dataset-tilesets",
      "geodata-tilesets",
      "mvt",
    ]) {
      expect(conformsTo).toContain(`http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/${name}`);
    }
    const { paths } = (await gateway.json("/ogc/api")).body;
    const address = "{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}";
    expect(paths["/tileMatrixSets/{tileMatrixSetId}"]).toBeDefined();
    expect(paths[`/tiles/${address}`]).toBeDefined();
    expect(paths[`/collections/cities/tiles/${address}`]).toBeDefined();
  });
});

describe("tile matrix sets", () => {
  it("are listed and defined as in the register", async () => {
    const landing = (await gateway.json("/ogc")).body;
    const rel = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
    const list = (await gateway.json(linkOf(landing, rel).href)).body;
    expect(list.tileMatrixSets.map(({ id }: Json) => id)).toEqual([
      "WebMercatorQuad",
      "WorldCRS84Quad",
    ]);
    for (const [id, scale, cell, width] of [
      ["WebMercatorQuad", 559082264.028717, 156543.033928041, 1],
      ["WorldCRS84Quad", 279541132.014358, 0.703125, 2],
    ] as const) {
      const { body } = await gateway.json(`/ogc/tileMatrixSets/${id}`);
      const [first, second] = body.tileMatrices;
      expect(first.scaleDenominator).toBeCloseTo(scale, 3);
      expect(first.cellSize).toBeCloseTo(cell, 6);
      expect([first.matrixWidth, second.matrixWidth]).toEqual([width, 2 * width]);
      expect(second.cellSize).toBeCloseTo(cell / 2, 6);
    }
    const tileset = (await gateway.json("/ogc/collections/cities/tiles/WebMercatorQuad")).body;
    const scheme = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
    expect((await gateway.json(linkOf(tileset, scheme).href)).body.id).toBe("WebMercatorQuad");
    expect((await gateway.get("/ogc/tileMatrixSets/Nothing")).status).toBe(404);
  });
});

describe("a tile", () => {
  it("contains its features with their properties", async () => {
    const found = await tile(`collections/cities/tiles/WebMercatorQuad/${madrid(6)}`);
    expect(found.status).toBe(200);
    expect(found.headers.get("content-type")).toBe("application/vnd.mapbox-vector-tile");
    expect(found.headers.get("cache-control")).toBe("public, max-age=60");
    for (const text of ["cities", "Madrid", "2020-01-01T00:00:00Z"]) {
      expect(found.text).toContain(text);
    }
    expect(found.text).not.toContain("Bern");
  });

  it.each([
    [`collections/mercator/tiles/WebMercatorQuad/${madrid(9)}`, "mercator"],
    [`collections/utm/tiles/WebMercatorQuad/${madrid(13)}`, "utm"],
    ["collections/cities/tiles/WorldCRS84Quad/0/0/0", "Madrid"],
    ["collections/cities/tiles/WorldCRS84Quad/0/0/1", "Bern"],
    ["collections/cities/tiles/WebMercatorQuad/0/0/0", "Madrid"],
  ])("at %s has %s", async (path, text) => {
    const found = await tile(path);
    expect(found.status).toBe(200);
    expect(found.text).toContain(text);
  });

  it("of the whole release has a layer for each collection", async () => {
    const { text } = await tile(`tiles/WebMercatorQuad/${madrid(10)}`);
    for (const name of ["cities", "mercator", "utm"]) expect(text).toContain(name);
    expect((await tile(`tiles/WebMercatorQuad/${madrid(5)}`)).text).not.toContain("utm");
  });

  it("has the position of its tile matrix set", async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    const { rows } = await client.query(
      `select st_asmvt(q, 'mercator', 4096, 'g', 'id') as tile from (select id::int8,
         st_asmvtgeom(geom, st_tileenvelope(9, ${madrid(9).split("/")[2]}, ${madrid(9).split("/")[1]}), 4096, 64) as g
       from mercator) q where g is not null`,
    );
    await client.end();
    const { text } = await tile(`collections/mercator/tiles/WebMercatorQuad/${madrid(9)}`);
    expect(text.length).toBe(rows[0].tile.length);
  });

  it("without features returns 204", async () => {
    const { status, text } = await tile("collections/cities/tiles/WebMercatorQuad/6/60/60");
    expect([status, text]).toEqual([204, ""]);
  });

  it.each([
    "collections/cities/tiles/WebMercatorQuad/0/0/1",
    "collections/cities/tiles/WebMercatorQuad/3/8/0",
    "collections/cities/tiles/WebMercatorQuad/23/0/0",
    "collections/cities/tiles/WebMercatorQuad/a/0/0",
    "collections/cities/tiles/WebMercatorQuad/-1/0/0",
    "collections/utm/tiles/WebMercatorQuad/7/0/0",
    "collections/cities/tiles/WorldCRS84Quad/0/1/0",
    "collections/cities/tiles/Nothing/0/0/0",
    "collections/cities/tiles/Nothing",
    "collections/nothing/tiles",
  ])("returns 404 at %s", async (path) => {
    expect((await tile(path)).status).toBe(404);
  });

  it("returns 304 if the client already has it", async () => {
    const path = "/ogc/collections/cities/tiles/WebMercatorQuad/0/0/0";
    const etag = (await gateway.get(path)).headers.get("etag") ?? "";
    expect((await gateway.get(path, { "If-None-Match": etag })).status).toBe(304);
    expect((await gateway.get(`${path}?f=png`)).status).toBe(400);
  });
});

describe("a tile of a table in a projection", () => {
  let projected: TestGateway;
  beforeAll(async () => {
    const layer = layerOf("utm_point", { srid: 25830 });
    projected = await serveRelease(releaseOf([layer]), { GIS: database.url });
  });
  afterAll(() => projected?.stop());

  it.each([
    ["WebMercatorQuad", 1],
    ["WorldCRS84Quad", 2],
  ])(
    "of %s is available everywhere, including areas outside the projection",
    async (set, width) => {
      for (let matrix = 0; matrix <= 4; matrix += 1) {
        const found: string[] = [];
        for (let row = 0; row < 2 ** matrix; row += 1) {
          for (let column = 0; column < width * 2 ** matrix; column += 1) {
            const path = `/ogc/collections/utm_point/tiles/${set}/${matrix}/${row}/${column}`;
            const { status } = await projected.get(path);
            expect([200, 204], path).toContain(status);
            if (status === 200) found.push(`${row}/${column}`);
          }
        }
        const x = Math.floor(((-3.7 + 180) / 360) * width * 2 ** matrix);
        const y = Math.floor(((90 - 40.4) / 180) * 2 ** matrix);
        const expected = width === 1 ? madrid(matrix).split("/").slice(1).join("/") : `${y}/${x}`;
        expect(found, `level ${matrix}`).toEqual([expected]);
      }
    },
  );
});
