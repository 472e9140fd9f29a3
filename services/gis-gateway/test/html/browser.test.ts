import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/harness/eventually.ts";
import { createDatabase, type TestDatabase } from "../../../../test/harness/postgres.ts";
import { administer } from "../../../../test/harness/postgres-cluster.ts";
import { serveRelease, type TestGateway } from "../support/gateway.ts";
import { PLACES_SQL, places } from "../support/hostile.ts";

const CHROMIUM = "/usr/bin/chromium";
const reason = existsSync(CHROMIUM) ? "" : ` (skipped: ${CHROMIUM} is not installed)`;
const ITEMS = "/ogc/collections/cities/items";
const PAGES = [
  "/ogc",
  "/ogc/conformance",
  "/ogc/api",
  "/ogc/collections",
  "/ogc/collections/cities",
  "/ogc/collections/cities/queryables",
  ITEMS,
  `${ITEMS}/1`,
  "/ogc/nothing",
];
const require = createRequire(import.meta.url);
const AXE = require.resolve("axe-core/axe.min.js");

describe.skipIf(reason !== "")(`pages in a browser${reason}`, () => {
  let database: TestDatabase;
  let gateway: TestGateway;
  let browser: Browser;

  beforeAll(async () => {
    database = await createDatabase();
    await administer(database.url, PLACES_SQL);
    await administer(database.url, "analyze");
    gateway = await serveRelease(places, { GIS: database.url });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-background-networking", "--enable-unsafe-swiftshader"],
    });
    await eventually("extents", async () => {
      const { body } = await gateway.json("/ogc/collections/cities");
      return body.extent !== undefined;
    });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await database?.drop();
  });

  /** Opens a page, and keeps what it complains about or asks of other hosts. */
  async function open(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ bypassCSP: false, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const isOwn = request.url().startsWith(gateway.url) || /^(?:data|blob):/.test(request.url());
      if (!isOwn) complaints.push(`asks ${request.url()}`);
    });
    await page.goto(`${gateway.url}${path}`);
    return { page, complaints, close: () => context.close() };
  }

  async function drawnFeatures(page: Page): Promise<number> {
    const map = page.locator("#map[data-state=ready]");
    await map.waitFor({ timeout: 20_000 });
    return Number(await map.getAttribute("data-drawn"));
  }

  /** What SwiftShader says of itself. */
  const ofTheRenderer = (complaint: string) =>
    /GPU stall due to ReadPixels|swiftshader/i.test(complaint);

  it.each([
    ["/ogc/collections/cities", 100],
    [ITEMS, 20],
    [`${ITEMS}/1`, 1],
    ["/ogc/collections/areas/items", 2],
  ])("draws the features of %s, without help from elsewhere", async (path, expected) => {
    const { page, complaints, close } = await open(path);
    expect(await drawnFeatures(page)).toBe(expected);
    expect(complaints.filter((complaint) => !ofTheRenderer(complaint))).toEqual([]);
    expect(await page.evaluate("window.hacked")).toBeUndefined();
    await close();
  });

  it("shows a feature's properties when it is clicked", async () => {
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

  it("turns pages, also by keyboard", async () => {
    const { page, close } = await open(ITEMS);
    await page.getByRole("link", { name: "Next page" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/cursor=/);
    expect(await page.getByRole("rowheader").first().textContent()).toBe("21");
    await page.getByRole("link", { name: "First page" }).click();
    await page.getByRole("rowheader", { name: "1", exact: true }).waitFor();
    await close();
  });

  it.each(["light", "dark"] as const)(
    "has no barriers that axe finds, when %s",
    async (scheme) => {
      for (const path of scheme === "light" ? PAGES : ["/ogc/collections", "/ogc/api", ITEMS]) {
        const { page, close } = await open(path, { colorScheme: scheme, bypassCSP: true });
        if ((await page.locator("#map").count()) > 0) await drawnFeatures(page);
        await page.addScriptTag({ path: AXE });
        const violations = await page.evaluate(
          "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))",
        );
        expect(violations, path).toEqual([]);
        await close();
      }
    },
    120_000,
  );

  it("fits a phone", async () => {
    for (const path of PAGES) {
      const { page, close } = await open(path, { viewport: { width: 360, height: 740 } });
      if (path === ITEMS) await drawnFeatures(page);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow, path).toBe(0);
      await close();
    }
  }, 60_000);

  it("is dark where that is preferred, the map as well", async () => {
    const groundOf = async (page: Page) =>
      String(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
    const { page, close } = await open(ITEMS, { colorScheme: "dark" });
    expect(await groundOf(page)).toBe("rgb(18, 25, 27)");
    expect(await drawnFeatures(page)).toBe(20);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await groundOf(page)).toBe("rgb(255, 255, 255)");
    expect(await drawnFeatures(page)).toBe(20);
    await close();
  });

  it("can be read without scripts", async () => {
    const { page, complaints, close } = await open(ITEMS, { javaScriptEnabled: false });
    expect(await page.getByRole("row").count()).toBe(21);
    expect(await page.locator("#map").isVisible()).toBe(false);
    expect(await page.locator("noscript p").isVisible()).toBe(true);
    await page.getByRole("link", { name: "Next page" }).click();
    expect(await page.getByRole("rowheader").first().textContent()).toBe("21");
    expect(complaints).toEqual([]);
    await close();
  });
});
