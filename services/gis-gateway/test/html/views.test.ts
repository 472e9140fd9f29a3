import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { CITIES_SQL, citiesRelease } from "../support/untrusted-values.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const ITEMS = "/ogc/collections/cities/items";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(database.url, CITIES_SQL);
  await administer(database.url, "analyze");
  gateway = await serveRelease(citiesRelease, { GIS: database.url });
  await eventually("the extents are computed", async () => {
    const { body } = await gateway.json("/ogc/collections/cities");
    return body.extent !== undefined;
  });
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

async function read(path: string, accept = BROWSER) {
  const response = await gateway.get(path, { Accept: accept });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("every HTML view", () => {
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
  ])("at %s has the URL of the JSON document", async (path, heading) => {
    const view = await read(path);
    expect(view.status).toBe(200);
    expect(view.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(view.headers.get("vary")).toContain("Accept");
    expect(view.text).toContain(`<h1>${heading}</h1>`);
    expect(view.text).toMatch(/<title>[^<]+<\/title>/);
    expect(view.text).toContain("© Test data &amp; friends");
    expect(view.text).not.toContain("undefined");

    const document = await gateway.get(path);
    expect(document.headers.get("content-type")).toContain("json");
    expect(document.headers.get("vary")).toContain("Accept");
    expect(document.headers.get("etag")).not.toBe(view.headers.get("etag"));
    const forced = await gateway.get(`${path}?f=html`, { Accept: "application/json" });
    expect(forced.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect((await read(`${path}?f=json`)).headers.get("content-type")).toContain("json");

    const again = await gateway.get(path, {
      Accept: BROWSER,
      "If-None-Match": view.headers.get("etag") ?? "",
    });
    expect(again.status).toBe(304);
  });

  it("loads and runs only assets of this gateway", async () => {
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

describe("untrusted values", () => {
  it.each([ITEMS, `${ITEMS}/1`])("are escaped at %s", async (path) => {
    const { text } = await read(path);
    expect(text).not.toContain("<script>window");
    expect(text).not.toMatch(/<[^>]+ onmouseover=/);
    expect(text).not.toContain('href="javascript:');
    expect(text).toContain("&lt;script&gt;window.hacked = 1&lt;/script&gt;");
    expect(text).toContain("9007199254740993</");
    expect(text.match(/<\/script>/g)).toHaveLength(2);
  });

  it("in ids are encoded in links to features", async () => {
    const { text } = await read("/ogc/collections/areas/items");
    expect(text).toContain('href="/ogc/collections/areas/items/a%2Fb%20%3Cc%3E"');
    const view = await read("/ogc/collections/areas/items/a%2Fb%20%3Cc%3E");
    expect(view.status).toBe(200);
    expect(view.text).toContain("Areas: a/b &lt;c&gt;</h1>");
  });
});

describe("the view of items", () => {
  it("shows at most 100 features", async () => {
    const { text } = await read(`${ITEMS}?limit=1000`);
    expect(text.match(/<tr>/g)).toHaveLength(101);
    expect(text).toContain("100 features of 120.");
    expect((await gateway.json(`${ITEMS}?limit=1000`)).body.features).toHaveLength(120);
  });

  it("links to the next page and to the first one", async () => {
    const first = await read(`${ITEMS}?limit=70`);
    const [, next = ""] = /<a href="([^"]+)" rel="next">/.exec(first.text) ?? [];
    expect(next).toContain("cursor=");
    const second = await read(next.replaceAll("&amp;", "&"));
    expect(second.text).toContain("50 features of 120.");
    expect(second.text).not.toContain('rel="next"');
    expect(second.text).toContain(`<a href="${ITEMS}?limit=70">First page</a>`);
  });

  it("shows a message if no feature matches", async () => {
    const { status, text } = await read(`${ITEMS}?bbox=170,-80,171,-79`);
    expect(status).toBe(200);
    expect(text).toContain("No features found.");
    expect(text).not.toContain('id="map"');
  });
});

describe("problem views", () => {
  it.each([
    ["/ogc/nothing", 404, "There is nothing at"],
    ["/elsewhere", 404, "There is nothing at"],
    ["/ogc/collections/<script>", 404, "There is no collection &#39;&lt;script&gt;&#39;"],
    [`${ITEMS}/none`, 404, "has no feature"],
    [`${ITEMS}?limit=-1`, 400, "limit"],
    ["/ogc?x=1", 400, "unknown parameter"],
    ["/ogc/collections/missing/items", 503, "is temporarily unavailable"],
  ])("are sent to browsers for %s", async (path, status, detail) => {
    const view = await read(path);
    expect(view.status).toBe(status);
    expect(view.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(view.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(view.text).toContain(detail);
    expect(view.headers.get("retry-after") !== null).toBe(status === 503);
    const problem = await gateway.get(path);
    expect(problem.status).toBe(status);
    expect(problem.headers.get("content-type")).toContain("application/problem+json");
  });
});

describe("JSON documents", () => {
  it("link to their HTML view", async () => {
    const alternateOf = async (path: string) => {
      const { body } = await gateway.json(path);
      return body.links.find(({ rel }: Json) => rel === "alternate");
    };
    for (const path of ["/ogc", "/ogc/collections", "/ogc/collections/cities", `${ITEMS}/3`]) {
      const alternate = await alternateOf(path);
      expect(alternate).toMatchObject({ type: "text/html", href: `${gateway.url}${path}?f=html` });
      const view = await fetch(alternate.href);
      expect(view.headers.get("content-type")).toBe("text/html; charset=utf-8");
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
  it("views link below the configured path", async () => {
    const proxied = await serveRelease(
      citiesRelease,
      { GIS: database.url },
      {
        publicUrl: "https://gis.example.org/maps",
      },
    );
    const response = await proxied.get("/ogc/collections", { Accept: BROWSER });
    const text = await response.text();
    expect(text).toContain('href="/maps/ogc/collections/cities"');
    expect(text).toMatch(/href="\/maps\/assets\/[0-9a-f]{16}\/style.css"/);
    expect(text).not.toMatch(/(?:href|src)="\/(?:ogc|assets)/);
    await proxied.stop();
  });
});
