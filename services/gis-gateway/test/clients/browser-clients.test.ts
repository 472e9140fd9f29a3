import { createRequire } from "node:module";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { browserSkipReason, launchBrowser } from "../support/browser.ts";
import { serveRelease, type TestGateway } from "../support/gateway.ts";
import { GRID_SQL, gridRelease, PLACE_COUNT, placesIn } from "../support/grid-places.ts";
import { type MapSite, openMapSite } from "../support/map-site.ts";
import { releaseOf } from "../support/release.ts";

const require = createRequire(import.meta.url);
const OPENLAYERS = { "ol.js": require.resolve("ol/dist/ol.js") };
const MAPLIBRE = {
  "maplibre-gl.mjs": require.resolve("maplibre-gl/dist/maplibre-gl.mjs"),
  "maplibre-gl-worker.mjs": require.resolve("maplibre-gl/dist/maplibre-gl-worker.mjs"),
};
/** A position with places, one without, and the names of the places at the first. */
const PLACE = [-89, -59];
const NO_PLACE = [-88.5, -58.5];
const AT_PLACE = placesIn([-89, -59, -89, -59]);
const WORLD = { center: [0, 0], zoom: 1 };
const NEAR = { center: [-85, -55], zoom: 5 };
const EVERYWHERE = [-180, -90, 180, 90];

/** The centre of `Square 1`. */
const SQUARE = [-3.69, 40.417];

interface Drawn {
  names: string[];
  at: string[];
}

interface Painted {
  names: string[];
  /** West, south, east, north. */
  view: number[];
  painted: boolean[];
}

describe.skipIf(browserSkipReason !== "")(`clients in a browser${browserSkipReason}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let browser: Browser;
  let site: MapSite;
  let places: string;

  beforeAll(async () => {
    database = await createDatabase();
    await administer(database.url, GRID_SQL);
    await administer(database.url, "analyze");
    gateway = await serveRelease(gridRelease, { GIS: database.url });
    places = `${gateway.url}/ogc/collections/places`;
    browser = await launchBrowser();
  });
  afterEach(() => site?.close());
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await database?.drop();
  });

  describe("OpenLayers", () => {
    it("draws the tileset of a collection", async () => {
      site = await openMapSite(browser, "openlayers.js", OPENLAYERS);
      const tileset = `${places}/tiles/WebMercatorQuad`;
      const world = await site.call<Painted>("tiles", tileset, WORLD, []);
      expect(world.names).toEqual(placesIn(EVERYWHERE));
      const near = await site.call<Painted>("tiles", tileset, NEAR, [PLACE, NO_PLACE]);
      expect(near.painted).toEqual([true, false]);
      expect(site.requests()).toContain("/ogc/tileMatrixSets/WebMercatorQuad");
      expect(site.problems()).toEqual([]);
    });

    it("draws the tileset of the whole service", async () => {
      site = await openMapSite(browser, "openlayers.js", OPENLAYERS);
      const tileset = `${gateway.url}/ogc/tiles/WebMercatorQuad`;
      const world = await site.call<Painted>("tiles", tileset, WORLD, []);
      expect(world.names).toEqual(placesIn(EVERYWHERE));
      const view = { center: SQUARE, zoom: 12 };
      const near = await site.call<Painted>("tiles", tileset, view, [SQUARE]);
      expect(near.names).toContain("Square 1");
      expect(near.painted).toEqual([true]);
      expect(site.problems()).toEqual([]);
    });

    it("reads the features of the view in its own projection", async () => {
      site = await openMapSite(browser, "openlayers.js", OPENLAYERS);
      const items = `${places}/items`;
      const near = await site.call<Painted>("features", items, NEAR, [PLACE, NO_PLACE]);
      expect(near.names.length).toBeGreaterThan(50);
      expect(near.names).toEqual(placesIn(near.view));
      expect(near.painted).toEqual([true, false]);
      expect(site.requests()).toHaveLength(1);
      expect(site.problems()).toEqual([]);
    });
  });

  describe("MapLibre GL JS", () => {
    it("draws vector tiles by their TileJSON", async () => {
      site = await openMapSite(browser, "maplibre.js", MAPLIBRE);
      const tiles = [`${places}/tiles/WebMercatorQuad/tilejson`, "places"];
      const world = await site.call<Drawn>("tiles", ...tiles, { ...WORLD, zoom: 0 }, PLACE);
      expect(world.names).toEqual(placesIn(EVERYWHERE));
      const near = await site.call<Drawn>("tiles", ...tiles, NEAR, PLACE);
      expect(near.at).toEqual(AT_PLACE);
      expect(site.problems()).toEqual([]);
    });

    it("draws a page of items", async () => {
      site = await openMapSite(browser, "maplibre.js", MAPLIBRE);
      const items = `${places}/items?f=json&limit=1000`;
      const { names } = await site.call<Drawn>("features", items, { ...WORLD, zoom: 0 }, PLACE);
      expect(names).toHaveLength(1_000);
      const near = await site.call<Drawn>("features", items, NEAR, PLACE);
      expect(near.at).toEqual(AT_PLACE.filter((name) => Number(name.slice(6)) <= 1_000));
      expect(site.problems()).toEqual([]);
    });
  });

  describe("a script of another origin", () => {
    it("reads all features by following next links", async () => {
      site = await openMapSite(browser, "plain.js");
      const read = await site.call<{ names: string[]; pages: number }>(
        "readAll",
        `${gateway.url}/ogc`,
        "places",
        1_000,
      );
      expect(read.pages).toBe(3);
      expect(read.names).toHaveLength(PLACE_COUNT);
      expect([...read.names].sort()).toEqual(placesIn(EVERYWHERE));
      expect(site.problems()).toEqual([]);
    });

    it("reads an ETag and sends If-None-Match, which needs a preflight request", async () => {
      site = await openMapSite(browser, "plain.js");
      const { tag, statuses } = await site.call<{ tag: string; statuses: number[] }>(
        "readAgain",
        places,
      );
      expect(tag).toMatch(/^"|^W\//);
      expect(statuses).toEqual([200, 304]);
      expect(site.problems()).toEqual([]);
    });

    it("is blocked if the release allows other origins only", async () => {
      site = await openMapSite(browser, "plain.js");
      const settings = { title: "Test", defaultLimit: 10, maxLimit: 10_000 };
      const serving = async (origin: string) =>
        serveRelease(
          releaseOf([], {
            ...gridRelease.release,
            settings: { ...settings, cors: { origins: [origin] } },
          }),
          { GIS: database.url },
        );
      const closed = await serving("https://maps.example.org");
      expect(await site.call("mayRead", `${closed.url}/ogc/collections/places`)).toBe(false);
      await closed.stop();
      const open = await serving(site.origin);
      expect(await site.call("mayRead", `${open.url}/ogc/collections/places`)).toBe(true);
      await open.stop();
    });
  });
});
