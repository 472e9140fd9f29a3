import { request } from "node:http";
import { eventually } from "@honua/testing/eventually";
import { createDatabase, type TestDatabase } from "@honua/testing/postgres";
import { administer } from "@honua/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trustedProxies } from "../../src/http/trusted-proxies.ts";
import { type Json, serveRelease, type TestGateway } from "../support/gateway.ts";
import { layerOf, propertyOf, releaseOf } from "../support/release.ts";

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createDatabase();
  await administer(
    database.url,
    `create table cities (id int primary key, name text, at timestamptz, doc json, geom geometry(Point, 4326));
     insert into cities values (1, 'A', '2020-01-01Z', null, st_setsrid(st_point(-5.5, 40), 4326)),
       (2, 'B', '2021-01-01Z', null, st_setsrid(st_point(10.25, 50.125), 4326));
     create table utm (id int primary key, geom geometry(Point, 25830));
     insert into utm select n, st_transform(st_setsrid(st_point(-3, 40 + n), 4326), 25830) from generate_series(0, 2) n;
     create table large (id int primary key, geom geometry(Point, 4326));
     insert into large select n, st_setsrid(st_point(n % 100, n % 50), 4326) from generate_series(0, 60000) n;
     create index on large using gist (geom);
     create table nothing (id int primary key, geom geometry(Point, 4326));`,
  );
  await administer(database.url, "analyze");
  gateway = await serveRelease(
    releaseOf(
      [
        layerOf("cities", {
          title: "World Cities",
          description: "Major cities",
          keywords: ["cities"],
          datetimeColumn: "at",
          idColumn: "id",
          maxLimit: 500,
          defaultLimit: 50,
          properties: [
            { ...propertyOf("name", "string"), title: "Name", nullable: false },
            propertyOf("at", "datetime"),
            propertyOf("doc", "json"),
          ],
        }),
        layerOf("utm", { srid: 25830 }),
        layerOf("large"),
        layerOf("nothing"),
        layerOf("configured", {
          table: { schema: "public", name: "nothing" },
          extent: [1, 2, 3, 4],
        }),
      ],
      {
        settings: {
          title: "Honua",
          description: "Test data",
          attribution: "© Tests",
          defaultLimit: 10,
          maxLimit: 1_000,
          cors: { origins: ["https://map.example.org"] },
        },
      },
    ),
    { GIS: database.url },
    { isTrustedProxy: trustedProxies(["127.0.0.1"]) },
  );
});
afterAll(async () => {
  await gateway?.stop();
  await database?.drop();
});

const linkTo = (body: Json, rel: string): Json => body.links.find((link: Json) => link.rel === rel);

describe("the landing page", () => {
  it("links to all resources with absolute URLs", async () => {
    const { status, headers, body } = await gateway.json("/ogc");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    expect(body).toMatchObject({
      title: "Honua",
      description: "Test data",
      attribution: "© Tests",
    });
    expect(linkTo(body, "service-desc").type).toBe("application/vnd.oai.openapi+json;version=3.0");
    for (const rel of ["self", "service-desc", "conformance", "data"]) {
      const answer = await fetch(linkTo(body, rel).href);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe(linkTo(body, rel).type);
    }
  });

  it("is the target of the redirect from the root", async () => {
    expect((await gateway.get("/")).url).toBe(`${gateway.url}/ogc`);
  });

  it("has links with the address that a trusted proxy reports", async () => {
    const answer = await gateway.get("/ogc", {
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "gis.example.org",
    });
    expect(linkTo(await answer.json(), "self").href).toBe("https://gis.example.org/ogc");
  });

  it("has no links with an invalid host", async () => {
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${gateway.url}/ogc`, { headers: { Host: 'x"><script>' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on("error", reject).end();
    });
    expect(status).toBe(400);
  });
});

describe("collections", () => {
  it("are identical in the list and on their own", async () => {
    await eventually("extents", async () => {
      const { body } = await gateway.json("/ogc/collections");
      return body.collections.filter((collection: Json) => collection.extent).length === 4;
    });
    const { body } = await gateway.json("/ogc/collections");
    expect(body.collections).toHaveLength(5);
    for (const collection of body.collections) {
      const alone = await gateway.json(linkTo(collection, "self").href);
      expect(alone.body).toEqual(collection);
      expect((await fetch(linkTo(collection, "items").href)).status).toBe(200);
    }
  });

  it("have the spatial and temporal extent of their features", async () => {
    const extentOf = async (id: string) =>
      (await gateway.json(`/ogc/collections/${id}`)).body.extent;
    expect(await extentOf("cities")).toEqual({
      spatial: {
        bbox: [[-5.5, 40, 10.25, 50.125]],
        crs: "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
      },
      temporal: {
        interval: [["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]],
        trs: "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
      },
    });
    const [[west, south, east, north]] = (await extentOf("utm")).spatial.bbox;
    expect(west).toBeCloseTo(-3, 5);
    expect(south).toBeCloseTo(40, 5);
    expect(east).toBeCloseTo(-3, 5);
    expect(north).toBeCloseTo(42, 5);
    const [large] = (await extentOf("large")).spatial.bbox;
    for (const [index, value] of [0, 0, 99, 49].entries())
      expect(large[index]).toBeCloseTo(value, 4);
    expect((await extentOf("configured")).spatial.bbox).toEqual([[1, 2, 3, 4]]);
    expect(await extentOf("nothing")).toBeUndefined();
  });

  it("have a schema, and queryables in the Link header", async () => {
    const answer = await gateway.get("/ogc/collections/cities");
    expect(answer.headers.get("link")).toContain(
      `<${gateway.url}/ogc/collections/cities/queryables>`,
    );
    const queryables = await gateway.json("/ogc/collections/cities/queryables");
    expect(queryables.headers.get("content-type")).toBe("application/schema+json");
    expect(queryables.body).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `${gateway.url}/ogc/collections/cities/queryables`,
      type: "object",
      title: "World Cities",
      description: "Major cities",
      properties: {
        geom: { format: "geometry-point" },
        name: { type: "string", title: "Name" },
        at: { type: "string", format: "date-time" },
      },
      additionalProperties: false,
    });
    const schema = await gateway.json("/ogc/collections/cities/schema");
    expect(schema.body).toMatchObject({
      properties: {
        geom: { "x-ogc-role": "primary-geometry" },
        at: { "x-ogc-role": "primary-instant" },
        doc: {},
      },
      required: ["name"],
    });
  });
});

describe("the API definition", () => {
  it("is OpenAPI 3.0 with the required paths and parameters", async () => {
    const { body } = await gateway.json("/ogc/api");
    expect(body.openapi).toBe("3.0.3");
    expect(body.servers).toEqual([{ url: `${gateway.url}/ogc` }]);
    const { paths } = body;
    for (const path of [
      "/",
      "/conformance",
      "/collections",
      "/collections/cities",
      "/collections/cities/items",
      "/collections/cities/items/{featureId}",
    ]) {
      expect(paths[path].get.responses["200"]).toBeDefined();
    }
    const resolve = (part: Json): Json =>
      part.$ref
        ? part.$ref
            .slice(2)
            .split("/")
            .reduce((node: Json, key: string) => node[key], body)
        : part;
    const parameters = paths["/collections/cities/items"].get.parameters.map(resolve);
    const named = (name: string) => parameters.find((parameter: Json) => parameter.name === name);
    expect(named("limit")).toMatchObject({
      in: "query",
      required: false,
      style: "form",
      explode: false,
      schema: { type: "integer", minimum: 1, maximum: 500, default: 50 },
    });
    expect(named("bbox")).toMatchObject({
      required: false,
      style: "form",
      explode: false,
      schema: { type: "array", minItems: 4, maxItems: 6, items: { type: "number" } },
    });
    expect(named("datetime")).toMatchObject({
      required: false,
      style: "form",
      explode: false,
      schema: { type: "string" },
    });
    expect(named("name").schema).toEqual({ type: "string" });
    expect(named("doc")).toBeUndefined();
  });

  it("lists the coordinate reference systems of each collection, and HTML as a format of problems", async () => {
    const { body } = await gateway.json("/ogc/api");
    for (const [id, own] of [
      ["cities", []],
      ["utm", ["http://www.opengis.net/def/crs/EPSG/0/25830"]],
    ]) {
      const { parameters } = body.paths[`/collections/${id}/items`].get;
      for (const name of ["crs", "bbox-crs", "filter-crs"]) {
        const { schema } = parameters.find((parameter: Json) => parameter.name === name);
        const { crs } = (await gateway.json(`/ogc/collections/${id}`)).body;
        expect(crs).toEqual(expect.arrayContaining([...(own ?? [])]));
        expect(schema).toEqual({ type: "string", enum: crs, default: crs[0] });
      }
    }
    const types = Object.keys(body.components.responses.Problem.content);
    expect(types).toEqual(["application/problem+json", "text/html"]);
  });

  it("has no dangling references and no duplicate operation ids", async () => {
    const { body } = await gateway.json("/ogc/api");
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path]) => path ?? "",
    );
    for (const path of references) {
      expect(
        path.split("/").reduce((node: Json, key) => node?.[key], body),
        path,
      ).toBeDefined();
    }
    const operations = Object.values(body.paths).map((path: Json) => path.get.operationId);
    expect(new Set(operations).size).toBe(operations.length);
  });
});

describe("HTTP", () => {
  it("responds to HEAD like to GET, without a body", async () => {
    for (const path of ["/ogc", "/ogc/collections/cities/items"]) {
      const answer = await fetch(`${gateway.url}${path}`, { method: "HEAD" });
      expect(answer.status).toBe(200);
      expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(10);
      expect(await answer.text()).toBe("");
    }
  });

  it("lists the allowed methods and origins", async () => {
    const preflight = (origin: string) =>
      fetch(`${gateway.url}/ogc/collections/cities/items`, {
        method: "OPTIONS",
        headers: { Origin: origin, "Access-Control-Request-Method": "GET" },
      });
    const allowed = await preflight("https://map.example.org");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://map.example.org");
    expect(allowed.headers.get("vary")).toContain("Origin");
    const other = await preflight("https://other.example.org");
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("returns 405 for methods that change data", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await fetch(`${gateway.url}/ogc/collections/cities/items`, { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    }
  });

  it("returns 304 if the client already has the document", async () => {
    const first = await gateway.get("/ogc/collections");
    const again = await gateway.get("/ogc/collections", {
      "If-None-Match": first.headers.get("etag") ?? "",
    });
    expect(again.status).toBe(304);
    expect(first.headers.get("cache-control")).toBe("no-cache");
  });

  it.each(["/ogc/nothing", "/ogc/collections/none/schema", "/elsewhere"])(
    "returns 404 at %s",
    async (path) => {
      const { status, headers, body } = await gateway.json(path);
      expect(status).toBe(404);
      expect(headers.get("content-type")).toContain("application/problem+json");
      expect(body.status).toBe(404);
    },
  );

  it.each([
    "/ogc?x=1",
    "/ogc/collections?limit=1",
    "/ogc/conformance?f=xml",
    "/ogc/collections/%E0%A4%A",
  ])("returns 400 for %s", async (path) => {
    expect((await gateway.json(path)).status).toBe(400);
  });
});
