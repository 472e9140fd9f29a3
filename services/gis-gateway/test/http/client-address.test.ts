import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { type RawResponse, sendRawRequest } from "@honua/testing/raw-http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trustedProxies } from "../../src/http/trusted-proxies.ts";
import { serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;
let behindProxy: TestGateway;
let withPublicUrl: TestGateway;

const ITEMS = "/ogc/collections/points/items";
const TILE = "/ogc/collections/points/tiles/WebMercatorQuad/0/0/0";

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table points (id int primary key, name text, geom geometry(Point, 4326));
     insert into points select n, 'Point ' || n, st_setsrid(st_point(n % 100, n % 50), 4326)
       from generate_series(1, 2500) n;
     create index on points using gist (geom);
     analyze points;`,
  );
  const points = layerOf("points", {
    maxLimit: 10_000,
    caching: { enabled: true, ttlSeconds: 60 },
    properties: [propertyOf("name", "string")],
  });
  const serve = (over?: Parameters<typeof serveRelease>[2]) =>
    serveRelease(
      releaseOf([points], {
        settings: {
          defaultLimit: 10,
          maxLimit: 10_000,
          caching: { enabled: true, ttlSeconds: 30 },
        },
      }),
      { GIS: database.url },
      over,
    );
  gateway = await serve();
  behindProxy = await serve({ isTrustedProxy: trustedProxies(["127.0.0.1"]) });
  withPublicUrl = await serve({ publicUrl: "https://gis.example.org" });
});
afterAll(async () => {
  await Promise.all([gateway?.stop(), behindProxy?.stop(), withPublicUrl?.stop()]);
  await database?.drop();
});

function send(
  path: string,
  headers: Record<string, string> = {},
  { to = gateway, version = "1.1" } = {},
): Promise<RawResponse> {
  const fields = { ...(version === "1.0" ? {} : { Host: "localhost" }), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET ${path} HTTP/${version}\r\n${lines.join("")}Connection: close\r\n\r\n`;
  return sendRawRequest(Number(new URL(to.url).port), request);
}

const selfOf = ({ body }: RawResponse): string =>
  JSON.parse(body).links.find(({ rel }: { rel: string }) => rel === "self").href;

describe("the Host of a request", () => {
  it.each([
    ["/ogc/nope?f=html", "text/html"],
    ["/ogc/nope", "application/problem+json"],
    ["/nope?f=html", "text/html"],
    ["/ogc?f=html", "text/html"],
    [ITEMS, "application/problem+json"],
  ])("returns 400 at %s if it contains no host", async (path, type) => {
    const { status, headers } = await send(path, { Host: "_" });
    expect(status).toBe(400);
    expect(headers["content-type"]).toContain(type);
    expect((await send("/health/live")).status).toBe(200);
  });

  it.each(["gis_gateway:5000", "gis.example.com.", "[::1]:5000", "[2001:db8::1]"])(
    "is the base URL of links if it is '%s'",
    async (host) => {
      const response = await send("/ogc", { Host: host });
      expect(response.status).toBe(200);
      expect(selfOf(response)).toBe(`http://${host}/ogc`);
      expect((await send("/ogc/nope?f=html", { Host: host })).status).toBe(404);
    },
  );

  it("is replaced by the authority of a target in absolute form", async () => {
    const response = await send("http://gis.example.com:8080/ogc", { Host: "other" });
    expect(selfOf(response)).toBe("http://gis.example.com:8080/ogc");
  });

  it("is the local address when HTTP/1.0 omits it", async () => {
    const response = await send("/ogc", {}, { version: "1.0" });
    expect(response.status).toBe(200);
    expect(selfOf(response)).toBe(`${gateway.url}/ogc`);
  });
});

it.each(["/ogc/%F6", `${ITEMS}?name=%F6`, `${ITEMS}?name=100%`, "/%F6?f=html"])(
  "returns 400 for the invalid encoding of %s",
  async (path) => {
    expect((await send(path)).status).toBe(400);
  },
);

describe("the address that a trusted proxy reports", () => {
  it("is read from X-Forwarded headers, which a client's Forwarded does not override", async () => {
    const headers = {
      Forwarded: "host=evil.example;proto=http",
      "X-Forwarded-Host": "evil.example, gis.example.org",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Port": "8443",
    };
    const response = await send("/ogc", headers, { to: behindProxy });
    expect(selfOf(response)).toBe("https://gis.example.org:8443/ogc");
    expect(selfOf(await send("/ogc", headers))).toBe("http://localhost/ogc");
  });

  it.each(["/ogc?f=html", "/ogc", "/health/live"])(
    "returns 400 at %s if it is invalid",
    async (path) => {
      const headers = { "X-Forwarded-Host": "_" };
      expect((await send(path, headers, { to: behindProxy })).status).toBe(400);
      expect((await send(path, headers)).status).toBe(200);
    },
  );
});

describe("caching", () => {
  const LINKED = [
    "/ogc",
    "/ogc?f=html",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/points",
    "/ogc/collections/points/queryables",
    "/ogc/collections/points/tiles/WebMercatorQuad/tilejson",
    `${ITEMS}?limit=2`,
    `${ITEMS}?limit=2&f=html`,
    `${ITEMS}?limit=2&f=csv`,
    `${ITEMS}?limit=2400&f=csv`,
    `${ITEMS}/1`,
    `${ITEMS}/1?f=html`,
  ];

  it.each(LINKED)("of %s is private unless the base URL is configured", async (path) => {
    const derived = await send(path);
    expect(derived.status).toBe(200);
    expect(derived.headers["cache-control"]).toMatch(/^private, max-age=[36]0$/);
    const { headers } = await send(path, {}, { to: withPublicUrl });
    expect(headers["cache-control"]).toMatch(/^public, max-age=[36]0$/);
  });

  it("of tiles is public, because they contain no links", async () => {
    expect((await send(TILE)).headers["cache-control"]).toBe("public, max-age=60");
    const ofAll = "/ogc/tiles/WebMercatorQuad/0/0/0";
    expect((await send(ofAll)).headers["cache-control"]).toMatch(/^public, /);
  });

  it("uses different entity tags for different links", async () => {
    for (const path of LINKED.filter((one) => !one.includes("limit=2400"))) {
      const [one, other] = await Promise.all([
        send(path, { "X-Forwarded-Prefix": "/one" }, { to: behindProxy }),
        send(path, { "X-Forwarded-Prefix": "/other" }, { to: behindProxy }),
      ]);
      expect(one.headers.etag, path).toBeDefined();
      expect(one.headers.etag, path).not.toBe(other.headers.etag);
    }
  });
});

describe("a parameter", () => {
  it("is decoded before the gateway decides to stream a page", async () => {
    const plain = await send(`${ITEMS}?limit=10000`);
    const escaped = await send(`${ITEMS}?%6cimit=%310000`);
    expect(plain.headers).toMatchObject({ "transfer-encoding": "chunked" });
    expect(escaped.headers).toMatchObject({ "transfer-encoding": "chunked" });
    expect(escaped.headers).not.toHaveProperty("etag");
    const featuresOf = ({ body }: RawResponse) => JSON.parse(body).features;
    expect(featuresOf(escaped)).toEqual(featuresOf(plain));
    expect(featuresOf(escaped)).toHaveLength(2_500);
  });

  it.each([
    ["/ogc?%66=html", "text/html"],
    ["/ogc?f=%68tml", "text/html"],
    ["/ogc/nope?%66=html", "text/html"],
    [`${ITEMS}?%66=html`, "text/html"],
    [`${ITEMS}?%66=csv`, "text/csv"],
    [`${ITEMS}?f=cs%76`, "text/csv"],
  ])("selects the format in every encoding: %s", async (path, type) => {
    expect((await send(path)).headers["content-type"]).toContain(type);
  });
});
