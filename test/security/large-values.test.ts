import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { layerOf, propertyOf, releaseOf } from "../../services/gis-gateway/test/support/release.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";

const MB = 1_000_000;

let database: TestDatabase;
let gateway: GatewayProcess;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table notes (id int primary key, note text, geom geometry(Polygon, 4326) not null);
     insert into notes select n, repeat((n % 10)::text, 6 * ${MB}), st_buffer(st_setsrid(st_point(n, n), 4326), 0.5, 475)
       from generate_series(1, 12) n;
     create table huge (id int primary key, note text, geom geometry(Point, 4326) not null);
     insert into huge select n, repeat('y', case n when 1 then 40 * ${MB} else 10 end),
       st_setsrid(st_point(n, n), 4326) from generate_series(1, 3) n;
     create table detailed (id int primary key, geom geometry(Polygon, 4326) not null);
     insert into detailed select n, st_buffer(st_setsrid(st_point(n, n), 4326), 0.5, 40000)
       from generate_series(1, 4) n;`,
  );
  const properties = [propertyOf("note", "string")];
  const release = releaseOf([
    layerOf("notes", { geometryType: "Polygon", properties }),
    layerOf("huge", { properties }),
    layerOf("detailed", { geometryType: "Polygon" }),
  ]);
  gateway = await startGatewayProcess(release, {
    GIS: database.url,
    GitOps__MaxResultMegabytes: "32",
  });
}, 120_000);
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

// Every test sends what ended the process, or could.
afterEach(async () => {
  expect((await fetch(`${gateway.url}/ogc/collections/huge/items/2`)).status).toBe(200);
  expect(gateway.isRunning()).toBe(true);
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/ogc/collections/${path}`, { headers });

async function bytesOf(response: Response): Promise<number> {
  let bytes = 0;
  for await (const chunk of response.body ?? []) bytes += (chunk as Uint8Array).length;
  return bytes;
}

it("refuses a file beyond the limit, and says what to ask for", async () => {
  const response = await get("notes/items?f=flatgeobuf&limit=10000");
  expect(response.status).toBe(400);
  const body = (await response.json()) as { code: string; detail: string };
  expect(body.code).toBe("response-too-large");
  for (const parameter of ["limit", "bbox", "properties", "f="]) {
    expect(body.detail).toContain(parameter);
  }
}, 60_000);

it("returns a file within the limit", async () => {
  const response = await get("notes/items?f=flatgeobuf&limit=2");
  expect(response.status).toBe(200);
  expect(await bytesOf(response)).toBeGreaterThan(12 * MB);
}, 60_000);

it.each(["json", "csv"])(
  "streams a page beyond the memory for one text as %s",
  async (format) => {
    const response = await get(`notes/items?limit=12&f=${format}`);
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toBeGreaterThan(72 * MB);
  },
  60_000,
);

it.each(["huge/items/1", "huge/items", "huge/items?f=csv"])(
  "refuses a feature beyond the limit: %s",
  async (path) => {
    const response = await get(path);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "response-too-large" });
  },
  60_000,
);

it("names the parameters that leave out a large property of one feature", async () => {
  const { detail } = (await (await get("huge/items/1")).json()) as { detail: string };
  expect(detail).toContain("items?ids=1");
  const part = await get("huge/items?ids=2,3&properties=note&skipGeometry=true");
  expect(part.status).toBe(200);
}, 60_000);

it.each(["huge/items/1", "huge/items", "notes/items", "notes/items/1", "detailed/items"])(
  "shows an HTML view with the beginning of long values: %s",
  async (path) => {
    const response = await get(path, { Accept: "text/html" });
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.length).toBeLessThan(10 * MB);
    if (!path.startsWith("detailed"))
      expect(text).toContain("shortened; the JSON contains the full value");
    expect(text).toContain("</html>");
  },
  60_000,
);

it("refuses a tile that is too large", async () => {
  const response = await get("notes/tiles/WebMercatorQuad/0/0/0");
  expect(response.status).toBe(400);
  const { detail } = (await response.json()) as { detail: string };
  expect(detail).toContain("higher zoom level");
}, 60_000);
