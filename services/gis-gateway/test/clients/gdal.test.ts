import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Json,
  serveRelease,
  type TestGateway,
  temporaryDirectory,
} from "../support/gateway.ts";
import { GRID_SQL, gridRelease, PLACE_COUNT } from "../support/grid-places.ts";

const OGRINFO = "/usr/bin/ogrinfo";
const skipReason = existsSync(OGRINFO) ? "" : ` (skipped: ${OGRINFO} is not installed)`;
const run = promisify(execFile);
const PAGES_OF_1000 = ["-oo", "PAGE_SIZE=1000"];

describe.skipIf(skipReason !== "")(`GDAL${skipReason}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let api: string;

  beforeAll(async () => {
    database = await createDatabase();
    await administer(database.url, GRID_SQL);
    await administer(database.url, "analyze");
    gateway = await serveRelease(gridRelease, { GIS: database.url });
    api = `OAPIF:${gateway.url}/ogc`;
  });
  afterAll(async () => {
    await gateway?.stop();
    await database?.drop();
  });

  /** Runs ogrinfo. Returns its output and the requests that it made. */
  async function ogrinfo(...args: string[]): Promise<{ text: string; requests: string[] }> {
    const env = { ...process.env, CPL_DEBUG: "HTTP" };
    const { stdout, stderr } = await run(OGRINFO, args, { env, maxBuffer: 64 * 1024 * 1024 });
    const requests = [...stderr.matchAll(/Fetch\((.*?)\)$/gm)].map(([, url]) => url ?? "");
    expect(stderr).not.toMatch(/^(ERROR|Warning)/m);
    return { text: stdout, requests };
  }

  /** Runs ogr2ogr. Returns the features that it read, as GeoJSON. */
  async function features(layer: string, ...args: string[]): Promise<Json[]> {
    const options = ["-f", "GeoJSON", "/vsistdout/", api, layer, ...PAGES_OF_1000, ...args];
    const { stdout } = await run("/usr/bin/ogr2ogr", options, { maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout).features;
  }

  it("lists the layers with their geometry types", async () => {
    const { text } = await ogrinfo(api);
    expect(text).toMatch(/^1: places .*\(Point\)$/m);
    expect(text).toMatch(/^2: squares .*\(Polygon\)$/m);
  });

  it("reads count, extent and fields without the features", async () => {
    const { text, requests } = await ogrinfo("-so", api, "places");
    expect(text).toContain(`Feature Count: ${PLACE_COUNT}`);
    expect(text).toContain("Extent: (-90.000000, -60.000000) - (89.000000, 59.000000)");
    expect(text).toContain("population: Integer");
    expect(text).toContain("seen: DateTime");
    expect(requests.length).toBeLessThan(6);
  });

  it("reads all features, page by page", async () => {
    const { text, requests } = await ogrinfo("-q", ...PAGES_OF_1000, api, "places");
    expect(text.match(/^OGRFeature\(places\):/gm)).toHaveLength(PLACE_COUNT);
    expect(requests.filter((url) => url.includes("cursor="))).toHaveLength(2);
    const all = await features("places");
    expect(new Set(all.map(({ properties }) => properties.name)).size).toBe(PLACE_COUNT);
  });

  it("sends an equality filter to the gateway", async () => {
    const where = ["-where", "name = 'Place 7'"];
    const { text, requests } = await ogrinfo("-q", ...where, api, "places");
    expect(text.match(/^OGRFeature/gm)).toHaveLength(1);
    expect(text).toContain("population (Integer) = 7000");
    expect(requests.at(-1)).toContain("name=Place%207");
  });

  it("filters by other conditions itself", async () => {
    const found = await features("places", "-where", "population > 2498000");
    expect(found.map(({ properties }) => properties.name)).toEqual(["Place 2499", "Place 2500"]);
  });

  it("sends a bounding box to the gateway", async () => {
    const box = ["-spat", "-86", "-56", "-80", "-50"];
    const { requests } = await ogrinfo("-q", ...PAGES_OF_1000, ...box, api, "places");
    expect(requests.at(-1)).toContain("bbox=-86,-56,-80,-50");
    const found = await features("places", ...box);
    expect(found).toHaveLength(49);
    for (const { geometry } of found) {
      const [longitude, latitude] = geometry.coordinates;
      expect(longitude >= -86 && longitude <= -80 && latitude >= -56 && latitude <= -50).toBe(true);
    }
  });

  it("reads polygons that are stored in a projection", async () => {
    const [square] = await features("squares");
    expect(square.geometry.coordinates[0][0][0]).toBeCloseTo(-3.695, 2);
    expect(square.geometry.coordinates[0][0][1]).toBeCloseTo(40.415, 2);
  });

  it("reads a FlatGeobuf of the items over HTTP", async () => {
    const items = `${gateway.url}/ogc/collections/squares/items?f=flatgeobuf&limit=100`;
    const { stdout } = await run(OGRINFO, ["-so", "-al", `/vsicurl_streaming/${items}`]);
    expect(stdout).toContain("using driver `FlatGeobuf' successful");
    expect(stdout).toContain("Feature Count: 12");
  });

  it("reads a vector tile", async () => {
    const directory = await temporaryDirectory();
    const tile = await gateway.get("/ogc/collections/places/tiles/WebMercatorQuad/0/0/0");
    const file = join(directory.path, "0.pbf");
    await writeFile(file, Buffer.from(await tile.arrayBuffer()));
    const { text } = await ogrinfo("-so", "-al", file);
    await directory.remove();
    expect(text).toContain("Layer name: places");
    expect(text).toContain(`Feature Count: ${PLACE_COUNT}`);
    expect(text).toContain("mvt_id: Integer64");
  });
});
