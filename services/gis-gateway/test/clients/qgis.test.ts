import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveRelease, type TestGateway, temporaryDirectory } from "../support/gateway.ts";
import { GRID_SQL, grid, PLACES, placesIn } from "../support/places.ts";

/** Debian's `python3-qgis`, which is installed for continuous integration only. */
const PYQGIS = "/usr/lib/python3/dist-packages/qgis/core";
const reason = existsSync(PYQGIS) ? "" : ` (skipped: ${PYQGIS} is not installed)`;
const SCRIPT = fileURLToPath(new URL("qgis-client.py", import.meta.url));
const run = promisify(execFile);

interface Read {
  names: string[];
  /** For items. */
  requests: string[];
}

interface Layer {
  valid: boolean;
  crs: string;
  fields: Record<string, string>;
  extent: number[];
}

/** What `qgis-client.py` prints. */
interface Answer {
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

describe.skipIf(reason !== "")(`QGIS${reason}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let answer: Answer;

  beforeAll(async () => {
    database = await createDatabase();
    await administer(database.url, GRID_SQL);
    await administer(database.url, "analyze");
    gateway = await serveRelease(grid, { GIS: database.url });
    const home = await temporaryDirectory();
    const { stdout } = await run("/usr/bin/python3", [SCRIPT, `${gateway.url}/ogc`], {
      env: { PATH: "/usr/bin", HOME: home.path, QT_QPA_PLATFORM: "offscreen" },
      maxBuffer: 64 * 1024 * 1024,
    });
    await home.remove();
    answer = JSON.parse(stdout);
  });
  afterAll(async () => {
    await gateway?.stop();
    await database?.drop();
  });

  it("opens the collections, with their fields and extents, without a problem", () => {
    const { places, squares } = answer;
    expect(places).toMatchObject({ valid: true, crs: "EPSG:4326", extent: [-90, -60, 89, 59] });
    expect(Object.keys(places.fields)).toEqual(
      expect.arrayContaining(["name", "population", "seen"]),
    );
    expect(places.fields).toMatchObject({ name: "String", seen: "DateTime" });
    expect(squares.valid).toBe(true);
    expect(squares.extent[0]).toBeCloseTo(-3.695, 2);
    expect(answer.problems).toEqual([]);
  });

  it("reads all features along the links to the next page", () => {
    expect(answer.all.names).toHaveLength(PLACES);
    expect(answer.all.names).toEqual(placesIn([-180, -90, 180, 90]));
    expect(answer.all.requests.filter((url) => url.includes("cursor="))).toHaveLength(2);
  });

  it("hands the box of the view to the gateway", () => {
    expect(answer.box.names).toEqual(placesIn([-86, -56, -80, -50]));
    expect(answer.box.requests.at(-1)).toContain("bbox=-86,-56,-80,-50");
  });

  it("filters a layer by a property", () => {
    expect(answer.equal).toMatchObject({ accepted: true, names: ["Place 7"] });
    expect(answer.greater).toMatchObject({ accepted: true, names: ["Place 2499", "Place 2500"] });
  });

  it("hands a condition of time to the gateway", () => {
    expect(answer.since.accepted).toBe(true);
    expect(answer.since.names).toEqual([2496, 2497, 2498, 2499, 2500].map((n) => `Place ${n}`));
    expect(answer.since.requests.at(-1)).toContain("2020-04-14T00");
  });

  it("reads polygons that are stored in a projection", () => {
    expect(answer.geometry).toMatch(/^Polygon \(\(-3\.69\d* 40\.41/);
  });

  it("paints vector tiles", () => {
    expect(answer.painted).toBeGreaterThan(0.02);
  });
});
