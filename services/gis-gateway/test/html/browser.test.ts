import { createRequire } from "node:module";
import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserSkipReason, isRendererMessage, launchBrowser } from "../support/browser.ts";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { CITIES_SQL, citiesRelease } from "../support/untrusted-values.ts";

const ITEMS = "/ogc/collections/cities/items";
const TILES = "/ogc/collections/cities/tiles";
const VIEWS = [
  "/ogc",
  "/ogc/conformance",
  "/ogc/api",
  "/ogc/collections",
  "/ogc/collections/cities",
  "/ogc/collections/many",
  "/ogc/collections/missing",
  "/ogc/collections/cities/queryables",
  "/ogc/collections/cities/schema",
  ITEMS,
  "/ogc/collections/areas/items",
  `${ITEMS}?name=nobody`,
  `${ITEMS}/1`,
  "/ogc/tiles",
  TILES,
  `${TILES}/WebMercatorQuad`,
  `${TILES}/WorldCRS84Quad`,
  "/ogc/tileMatrixSets",
  "/ogc/tileMatrixSets/WebMercatorQuad",
  "/ogc/nothing",
  `${ITEMS}?limit=-1`,
  "/ogc/collections/missing/items",
];
const require = createRequire(import.meta.url);
const AXE = require.resolve("axe-core/axe.min.js");

describe.skipIf(browserSkipReason !== "")(`views in a browser${browserSkipReason}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let browser: Browser;

  beforeAll(async () => {
    database = await createDatabase();
    await administer(database.url, CITIES_SQL);
    await administer(database.url, "analyze");
    gateway = await serveRelease(citiesRelease, { GIS: database.url });
    browser = await launchBrowser();
    await eventually("the extents are computed", async () => {
      const { body } = await gateway.json("/ogc/collections/cities");
      return body.extent !== undefined;
    });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await database?.drop();
  });

  /** Opens a view, and records its warnings, errors and requests to other hosts. */
  async function open(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ bypassCSP: false, ...options });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      const isOwn = request.url().startsWith(gateway.url) || /^(?:data|blob):/.test(request.url());
      if (!isOwn) problems.push(`requests ${request.url()}`);
    });
    await page.goto(`${gateway.url}${path}`);
    return { page, problems, close: () => context.close() };
  }

  async function drawnFeatures(page: Page): Promise<number> {
    const map = page.locator("#map[data-state=ready]");
    await map.waitFor({ timeout: 20_000 });
    return Number(await map.getAttribute("data-drawn"));
  }

  const overflowOf = (page: Page) =>
    page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

  it.each([
    ["/ogc/collections/cities", 120],
    ["/ogc/collections/many", 30 * 3],
    [`${TILES}/WebMercatorQuad`, 120],
    [ITEMS, 20],
    [`${ITEMS}/1`, 1],
    ["/ogc/collections/areas/items", 2],
  ])("draws the features of %s without other hosts", async (path, expected) => {
    const { page, problems, close } = await open(path);
    expect(await drawnFeatures(page)).toBe(expected);
    expect(problems.filter((problem) => !isRendererMessage(problem))).toEqual([]);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    await close();
  });

  it("draws features from all over a large collection", async () => {
    const { page, close } = await open("/ogc/collections/many");
    const drawn = await drawnFeatures(page);
    const requested = (await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name)",
    )) as string[];
    const cells = requested.filter((url) => /\/items\?.*limit=3&bbox=/.test(url));
    expect(cells).toHaveLength(30);
    const pages = await Promise.all(cells.map((url) => gateway.json(url)));
    const features: Json[] = pages.flatMap(({ body }) => body.features);
    expect(drawn).toBe(new Set(features.map(({ id }) => id)).size);
    const longitudes = features.map(({ geometry }) => geometry.coordinates[0]);
    expect(Math.min(...longitudes)).toBeLessThan(-160);
    expect(Math.max(...longitudes)).toBeGreaterThan(50);
    await close();
  });

  it("reads the features of the visible area", async () => {
    const { page, problems, close } = await open("/ogc/collections/many");
    await drawnFeatures(page);
    const request = page.waitForRequest(/\/items\?.*bbox=/);
    await page.getByRole("button", { name: "Zoom in" }).click();
    const box = new URL((await request).url()).searchParams.get("bbox")?.split(",").map(Number);
    expect(box).toHaveLength(4);
    await eventually("the features are drawn", async () => (await drawnFeatures(page)) > 0);
    expect(problems.filter((problem) => !isRendererMessage(problem))).toEqual([]);
    await close();
  });

  it("shows the properties of a clicked feature of a tile", async () => {
    const { page, close } = await open(`${TILES}/WebMercatorQuad`);
    await drawnFeatures(page);
    await page.locator("#map").scrollIntoViewIfNeeded();
    const popup = page.locator(".maplibregl-popup-content");
    const map = await page.locator("#map").boundingBox();
    // The cities are on a grid, so that one is near the middle of the map.
    await eventually("a feature is clicked", async () => {
      for (let step = 0; step < 60 && map; step += 1) {
        const at = { x: map.x + map.width / 2 + step * 4, y: map.y + map.height / 2 };
        await page.mouse.move(at.x, at.y);
        const cursor = await page.locator("#map canvas").evaluate((canvas) => canvas.style.cursor);
        if (cursor !== "pointer") continue;
        await page.mouse.click(at.x, at.y);
        return (await popup.count()) > 0;
      }
      return false;
    });
    expect(await popup.textContent()).toMatch(/City \d+/);
    expect(await popup.locator("a").getAttribute("href")).toMatch(/\/items\/\d+$/);
    await close();
  });

  it("shows the properties of a clicked feature", async () => {
    const { page, close } = await open(`${ITEMS}/1`);
    await drawnFeatures(page);
    await page.locator("#map canvas").click();
    const popup = page.locator(".maplibregl-popup-content");
    await popup.waitFor();
    const text = await popup.textContent();
    expect(text).toContain("<script>window.hacked = 1</script>");
    expect(text).toContain("9007199254740993");
    expect(await popup.locator("a").getAttribute("href")).toBe(`${ITEMS}/1`);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    await close();
  });

  it("supports the keyboard: skip link, wide tables and operations", async () => {
    const { page, close } = await open(ITEMS, { viewport: { width: 390, height: 844 } });
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    const table = page.getByRole("region", { name: "Features of World Cities" });
    await table.focus();
    await page.keyboard.press("ArrowRight");
    await eventually("the table scrolls", () => table.evaluate((region) => region.scrollLeft > 0));
    await page.goto(`${gateway.url}/ogc/api`);
    const operation = page.locator("summary").first();
    await operation.focus();
    await page.keyboard.press("Enter");
    await page.getByText("Responds with").first().waitFor();
    await close();
  });

  it("pages through features, also by keyboard", async () => {
    const { page, close } = await open(ITEMS);
    await page.getByRole("link", { name: "Next page" }).first().focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/cursor=/);
    expect(await page.getByRole("rowheader").first().textContent()).toBe("21");
    await page.getByRole("link", { name: "First page" }).first().click();
    await page.getByRole("rowheader", { name: "1", exact: true }).waitFor();
    await close();
  });

  it.each(VIEWS)(
    "%s passes axe and fits the screen in light and dark themes and on a phone",
    async (path) => {
      const { page, problems, close } = await open(path, { bypassCSP: true });
      await page.addScriptTag({ path: AXE });
      const screens = [
        { width: 1280, height: 800, colorScheme: "light" },
        { width: 1280, height: 800, colorScheme: "dark" },
        { width: 390, height: 844, colorScheme: "light" },
      ] as const;
      for (const { colorScheme, ...size } of screens) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        if ((await page.locator("#map").count()) > 0) await drawnFeatures(page);
        const violations = await page.evaluate(
          "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))",
        );
        expect(violations, `${size.width} pixels, ${colorScheme}`).toEqual([]);
        expect(await overflowOf(page), `${size.width} pixels`).toBe(0);
      }
      const isErrorStatus = (problem: string) => /responded with a status of [45]/.test(problem);
      expect(problems.filter((it) => !isRendererMessage(it) && !isErrorStatus(it))).toEqual([]);
      await close();
    },
    60_000,
  );

  it.each(VIEWS)("%s is readable without scripts on a phone", async (path) => {
    const viewport = { width: 390, height: 844 };
    const { page, problems, close } = await open(path, { javaScriptEnabled: false, viewport });
    expect(await page.getByRole("heading", { level: 1 }).isVisible()).toBe(true);
    expect(await page.locator("#map").isVisible()).toBe(false);
    const isErrorStatus = (problem: string) => /responded with a status of [45]/.test(problem);
    expect(problems.filter((problem) => !isErrorStatus(problem))).toEqual([]);
    await close();
  });

  it("uses the dark theme if it is preferred, also for the map", async () => {
    const backgroundOf = async (page: Page) =>
      String(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
    const { page, close } = await open(ITEMS, { colorScheme: "dark" });
    expect(await backgroundOf(page)).toBe("rgb(18, 25, 27)");
    expect(await drawnFeatures(page)).toBe(20);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await backgroundOf(page)).toBe("rgb(255, 255, 255)");
    expect(await drawnFeatures(page)).toBe(20);
    await close();
  });

  it("is readable without scripts", async () => {
    const { page, problems, close } = await open(ITEMS, { javaScriptEnabled: false });
    expect(await page.getByRole("row").count()).toBe(21);
    expect(await page.locator("#map").isVisible()).toBe(false);
    expect(await page.locator("noscript p").isVisible()).toBe(true);
    await page.getByRole("link", { name: "Next page" }).first().click();
    expect(await page.getByRole("rowheader").first().textContent()).toBe("21");
    expect(problems).toEqual([]);
    await close();
  });
});
