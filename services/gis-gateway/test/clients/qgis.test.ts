import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveRelease, type TestGateway, temporaryDirectory } from "../support/gateway.ts";
import { GRID_SQL, gridRelease, PLACE_COUNT, placesIn } from "../support/grid-places.ts";

/** Debian's `python3-qgis`, which only continuous integration installs. */
const PYQGIS = "/usr/lib/python3/dist-packages/qgis/core";
const skipReason = existsSync(PYQGIS) ? "" : ` (skipped: ${PYQGIS} is not installed)`;
const SCRIPT = fileURLToPath(new URL("qgis-client.py", import.meta.url));
const run = promisify(execFile);

interface Read {
  names: string[];
  /** Requests for items. */
  requests: string[];
}

interface Layer {
  valid: boolean;
  crs: string;
  fields: Record<string, string>;
  extent: number[];
}

/** The output of `qgis-client.py`. */
interface ClientOutput {
  places: Layer;
  squares: Layer;
  all: Read;
  box: Read;
  equal: Read & { accepted: boolean };
  greater: Read & { accepted: boolean };
  since: Read & { accepted: boolean };
  geometry: string;
  painted: number;
  problems: string[];
}

describe.skipIf(skipReason !== "")(`QGIS${skipReason}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let output: ClientOutput;

  beforeAll(async () => {
    database = await createDatabase();
    await administer(database.url, GRID_SQL);
    await administer(database.url, "analyze");
    gateway = await serveRelease(gridRelease, { GIS: database.url });
    const home = await temporaryDirectory();
    const { stdout } = await run("/usr/bin/python3", [SCRIPT, `${gateway.url}/ogc`], {
      env: { PATH: "/usr/bin", HOME: home.path, QT_QPA_PLATFORM: "offscreen" },
      maxBuffer: 64 * 1024 * 1024,
    });
    await home.remove();
    output = JSON.parse(stdout);
  });
  afterAll(async () => {
    await gateway?.stop();
    await database?.drop();
  });

  it("opens collections with their fields and extents", () => {
    const { places, squares } = output;
    expect(places).toMatchObject({ valid: true, crs: "EPSG:4326", extent: [-90, -60, 89, 59] });
    expect(Object.keys(places.fields)).toEqual(
      expect.arrayContaining(["name", "population", "seen"]),
    );
    expect(places.fields).toMatchObject({ name: "String", seen: "DateTime" });
    expect(squares.valid).toBe(true);
    expect(squares.extent[0]).toBeCloseTo(-3.695, 2);
    expect(output.problems).toEqual([]);
  });

  it("reads all features by following next links", () => {
    expect(output.all.names).toHaveLength(PLACE_COUNT);
    expect(output.all.names).toEqual(placesIn([-180, -90, 180, 90]));
    expect(output.all.requests.filter((url) => url.includes("cursor="))).toHaveLength(2);
  });

  it("sends the bounding box of the view to the gateway", () => {
    expect(output.box.names).toEqual(placesIn([-86, -56, -80, -50]));
    expect(output.box.requests.at(-1)).toContain("bbox=-86,-56,-80,-50");
  });

  it("filters a layer by a property", () => {
    expect(output.equal).toMatchObject({ accepted: true, names: ["Place 7"] });
    expect(output.greater).toMatchObject({ accepted: true, names: ["Place 2499", "Place 2500"] });
  });

  it("sends a temporal condition to the gateway", () => {
    expect(output.since.accepted).toBe(true);
    expect(output.since.names).toEqual([2496, 2497, 2498, 2499, 2500].map((n) => `Place ${n}`));
    expect(output.since.requests.at(-1)).toContain("2020-04-14T00");
  });

  it("reads polygons that are stored in a projection", () => {
    expect(output.geometry).toMatch(/^Polygon \(\(-3\.69\d* 40\.41/);
  });

  it("paints vector tiles", () => {
    expect(output.painted).toBeGreaterThan(0.02);
  });
});
