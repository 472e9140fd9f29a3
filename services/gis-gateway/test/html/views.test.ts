import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { PLACES_SQL, places } from "../support/hostile.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const ITEMS = "/ogc/collections/cities/items";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, PLACES_SQL);
  await administer(database.url, "analyze");
  gateway = await serveRelease(places, { GIS: database.url });
  await eventually("extents", async () => {
    const { body } = await gateway.json("/ogc/collections/cities");
    return body.extent !== undefined;
  });
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function read(path: string, accept = BROWSER) {
  const answer = await gateway.get(path, { Accept: accept });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe("every page", () => {
  it.each([
    ["/ogc", "City &lt;services&gt;"],
    ["/ogc/conformance", "Conformance"],
    ["/ogc/api", "API"],
    ["/ogc/collections", "Collections"],
    ["/ogc/collections/cities", "World Cities"],
    ["/ogc/collections/cities/queryables", "Queryables of World Cities"],
    ["/ogc/collections/cities/schema", "Schema of World Cities"],
    [ITEMS, "Features of World Cities"],
    ["/ogc/tiles", "Tiles of City &lt;services&gt;"],
    ["/ogc/tiles/WebMercatorQuad", "City &lt;services&gt;: WebMercatorQuad"],
    ["/ogc/collections/cities/tiles", "Tiles of World Cities"],
    ["/ogc/collections/cities/tiles/WorldCRS84Quad", "World Cities: WorldCRS84Quad"],
    ["/ogc/tileMatrixSets", "Tile matrix sets"],
    ["/ogc/tileMatrixSets/WorldCRS84Quad", "WorldCRS84Quad"],
    [`${ITEMS}/3`, "World Cities: 3"],
  ])("at %s is one of the same address as the JSON", async (path, heading) => {
    const page = await read(path);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("vary")).toContain("Accept");
    expect(page.text).toContain(`<h1>${heading}</h1>`);
    expect(page.text).toMatch(/<title>[^<]+<\/title>/);
    expect(page.text).toContain("© Test data &amp; friends");
    expect(page.text).not.toContain("undefined");

    const document = await gateway.get(path);
    expect(document.headers.get("content-type")).toContain("json");
    expect(document.headers.get("vary")).toContain("Accept");
    expect(document.headers.get("etag")).not.toBe(page.headers.get("etag"));
    const forced = await gateway.get(`${path}?f=html`, { Accept: "application/json" });
    expect(forced.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect((await read(`${path}?f=json`)).headers.get("content-type")).toContain("json");

    const again = await gateway.get(path, {
      Accept: BROWSER,
      "If-None-Match": page.headers.get("etag") ?? "",
    });
    expect(again.status).toBe(304);
  });

  it("may load and run nothing but what this gateway has", async () => {
    const { headers, text } = await read(ITEMS);
    const policy = headers.get("content-security-policy");
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain("unsafe");
    const loaded = [...text.matchAll(/<(?:script|link)[^>]+(?:src|href)="([^"]+)"/g)];
    const assets = loaded.map(([, path = ""]) => path).filter((path) => path.includes("/assets/"));
    expect(assets).toHaveLength(4);
    for (const path of assets) {
      expect(path).toMatch(/^\/assets\/[0-9a-f]{16}\/[\w.-]+$/);
      const asset = await gateway.get(path, { "Accept-Encoding": "br" });
      expect(asset.status).toBe(200);
      expect(asset.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(asset.headers.get("content-encoding")).toBe("br");
    }
    const [style = ""] = assets;
    const plain = await gateway.get(style, { "Accept-Encoding": "identity" });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect((await gateway.get("/assets/0000000000000000/style.css")).status).toBe(404);
    expect((await gateway.get(style.replace(/[^/]+$/, "..%2Fpackage.json"))).status).toBe(404);
  });
});

describe("hostile values", () => {
  it.each([ITEMS, `${ITEMS}/1`])("are text at %s", async (path) => {
    const { text } = await read(path);
    expect(text).not.toContain("<script>window");
    expect(text).not.toMatch(/<[^>]+ onmouseover=/);
    expect(text).not.toContain('href="javascript:');
    expect(text).toContain("&lt;script&gt;window.hacked = 1&lt;/script&gt;");
    expect(text).toContain("9007199254740993</");
    expect(text.match(/<\/script>/g)).toHaveLength(2);
  });

  it("of ids lead to their feature", async () => {
    const { text } = await read("/ogc/collections/areas/items");
    expect(text).toContain('href="/ogc/collections/areas/items/a%2Fb%20%3Cc%3E"');
    const page = await read("/ogc/collections/areas/items/a%2Fb%20%3Cc%3E");
    expect(page.status).toBe(200);
    expect(page.text).toContain("Areas: a/b &lt;c&gt;</h1>");
  });
});

describe("the page of features", () => {
  it("shows at most 100 of them", async () => {
    const { text } = await read(`${ITEMS}?limit=1000`);
    expect(text.match(/<tr>/g)).toHaveLength(101);
    expect(text).toContain("100 features of 120.");
    expect((await gateway.json(`${ITEMS}?limit=1000`)).body.features).toHaveLength(120);
  });

  it("leads to the next page, and back to the first", async () => {
    const first = await read(`${ITEMS}?limit=70`);
    const [, next = ""] = /<a href="([^"]+)" rel="next">/.exec(first.text) ?? [];
    expect(next).toContain("cursor=");
    const second = await read(next.replaceAll("&amp;", "&"));
    expect(second.text).toContain("50 features of 120.");
    expect(second.text).not.toContain('rel="next"');
    expect(second.text).toContain(`<a href="${ITEMS}?limit=70">First page</a>`);
  });

  it("says when nothing matches", async () => {
    const { status, text } = await read(`${ITEMS}?bbox=170,-80,171,-79`);
    expect(status).toBe(200);
    expect(text).toContain("No features here.");
    expect(text).not.toContain('id="map"');
  });
});

describe("problems", () => {
  it.each([
    ["/ogc/nothing", 404, "There is nothing at"],
    ["/elsewhere", 404, "There is nothing at"],
    ["/ogc/collections/<script>", 404, "There is no collection &#39;&lt;script&gt;&#39;"],
    [`${ITEMS}/none`, 404, "has no feature"],
    [`${ITEMS}?limit=-1`, 400, "limit"],
    ["/ogc?x=1", 400, "unknown parameter"],
    ["/ogc/collections/missing/items", 503, "is temporarily unavailable"],
  ])("at %s are pages for browsers", async (path, status, detail) => {
    const page = await read(path);
    expect(page.status).toBe(status);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.text).toContain(detail);
    expect(page.headers.get("retry-after") !== null).toBe(status === 503);
    const problem = await gateway.get(path);
    expect(problem.status).toBe(status);
    expect(problem.headers.get("content-type")).toContain("application/problem+json");
  });
});

describe("JSON documents", () => {
  it("say that there is a page of the same", async () => {
    const alternateOf = async (path: string) => {
      const { body } = await gateway.json(path);
      return body.links.find(({ rel }: Json) => rel === "alternate");
    };
    for (const path of ["/ogc", "/ogc/collections", "/ogc/collections/cities", `${ITEMS}/3`]) {
      const alternate = await alternateOf(path);
      expect(alternate).toMatchObject({ type: "text/html", href: `${gateway.url}${path}?f=html` });
      const page = await fetch(alternate.href);
      expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    }
    expect((await alternateOf(`${ITEMS}?limit=5&f=json`)).href).toBe(
      `${gateway.url}${ITEMS}?limit=5&f=html`,
    );
    const { body } = await gateway.json("/ogc/conformance");
    expect(body.conformsTo).toContain(
      "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    );
    const api = await gateway.json("/ogc/api");
    expect(api.body.components.parameters.f.schema.enum).toEqual(["json", "html"]);
  });
});

describe("behind a proxy", () => {
  it("pages link below the configured path", async () => {
    const proxied = await serveRelease(
      places,
      { GIS: database.url },
      {
        publicUrl: "https://gis.example.org/maps",
      },
    );
    const answer = await proxied.get("/ogc/collections", { Accept: BROWSER });
    const text = await answer.text();
    expect(text).toContain('href="/maps/ogc/collections/cities"');
    expect(text).toMatch(/href="\/maps\/assets\/[0-9a-f]{16}\/style.css"/);
    expect(text).not.toMatch(/(?:href|src)="\/(?:ogc|assets)/);
    await proxied.stop();
  });
});
