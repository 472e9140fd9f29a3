import { expect, it } from "vitest";
import { type ApiUnderTest, type Json, linkOf, linksOf, positionsOf } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";
import { featureListTests } from "./features-list.ts";

const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0";

/** OGC API Features Part 1 (17-069r4), and the classes of OGC API Common that it uses. */
export const coreClasses: readonly ConformanceClass[] = [
  conformanceClass("http://www.opengis.net/spec/ogcapi-common-1/1.0", "core", landingPageTests),
  conformanceClass(
    "http://www.opengis.net/spec/ogcapi-common-2/1.0",
    "collections",
    collectionTests,
  ),
  conformanceClass(FEATURES, "core", (api) => {
    coreTests(api);
    featureListTests(api);
  }),
];

function landingPageTests(api: ApiUnderTest): void {
  it("/conf/core/root-success: links to the definition, the conformance classes and the data", async () => {
    const landing = await api.document("/");
    for (const rel of ["self", "alternate", "service-desc", "conformance", "data"]) {
      const { href, type } = linkOf(landing, rel);
      const response = await api.get(href, { accept: type ?? "*/*" });
      expect(response.status, href).toBe(200);
      expect(response.headers.get("content-type"), href).toContain(type?.split(";")[0]);
    }
    expect(typeof landing.title).toBe("string");
  });

  it("/conf/core/root-op: responds with and without a trailing slash", async () => {
    expect(await api.document(api.root)).toEqual(await api.document("/"));
  });

  it("/conf/core/conformance-success: lists each URI once", async () => {
    const { conformsTo } = await api.document("/conformance");
    expect(new Set(conformsTo).size).toBe(conformsTo.length);
    for (const uri of conformsTo)
      expect(uri).toMatch(/^http:\/\/www\.opengis\.net\/spec\/.*\/conf\//);
  });

  it("/conf/core/http: supports HTTP/1.1, and HEAD in addition to GET", async () => {
    const response = await fetch(`${api.root}/collections`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });
}

function collectionTests(api: ApiUnderTest): void {
  it("/conf/core/fc-md-success: every collection has an id, a title, an extent and a link to its items", async () => {
    const list = await api.document("/collections");
    expect(linkOf(list, "self").type).toBe("application/json");
    expect(linkOf(list, "alternate").type).toBe("text/html");
    expect(list.collections.length).toBeGreaterThan(0);
    for (const collection of list.collections) {
      expect(collection.id).toMatch(/./);
      expect(collection.title).toMatch(/./);
      const [bbox] = collection.extent.spatial.bbox;
      expect(bbox).toHaveLength(4);
      expect(Math.abs(bbox[0]) <= 180 && Math.abs(bbox[1]) <= 90).toBe(true);
      const types = linksOf(collection, "items").map(({ type }) => type);
      expect(types).toContain("application/geo+json");
      for (const link of collection.links) expect(link).toMatchObject({ rel: expect.any(String) });
    }
  });

  it("/conf/core/sfc-md-success: a collection is the same as in the list", async () => {
    for (const collection of await api.collections()) {
      expect(await api.document(linkOf(collection, "self").href)).toEqual(collection);
      expect(linkOf(collection, "alternate").type).toBe("text/html");
    }
  });

  it("/conf/core/fc-md-extent: contains all features, in space and time", async () => {
    for (const { id, extent } of await api.collections()) {
      const [west, south, east, north] = extent.spatial.bbox[0];
      const tolerance = 1e-4;
      for (const feature of (await api.items(id, { limit: "1000" })).features) {
        for (const [x = 0, y = 0] of positionsOf(feature.geometry)) {
          expect(x >= west - tolerance && x <= east + tolerance, `${id} ${x}`).toBe(true);
          expect(y >= south - tolerance && y <= north + tolerance, `${id} ${y}`).toBe(true);
        }
      }
    }
    const sites = await api.document("/collections/sites");
    expect(sites.extent.temporal.interval).toEqual([
      ["2010-10-10T10:10:00Z", "2021-01-01T00:00:00Z"],
    ]);
  });

  it("returns 404 for an unknown collection", async () => {
    expect((await api.get("/collections/no-such")).status).toBe(404);
    expect((await api.get("/collections/no-such/items")).status).toBe(404);
  });
}

function coreTests(api: ApiUnderTest): void {
  it("/conf/core/api-definition-op: service-desc has the exact media type of OpenAPI 3.0", async () => {
    const { href, type } = linkOf(await api.document("/"), "service-desc");
    expect(type).toBe("application/vnd.oai.openapi+json;version=3.0");
    const response = await api.get(href, { accept: type ?? "" });
    expect(response.headers.get("content-type")).toBe(type);
  });

  it("/conf/core/crs84: geometries are longitude and latitude by default", async () => {
    for (const { id, crs } of await api.collections()) {
      expect(crs[0]).toBe(CRS84);
      for (const { geometry } of (await api.items(id, { limit: "1000" })).features) {
        for (const [x = 0, y = 0] of positionsOf(geometry)) {
          expect(Math.abs(x)).toBeLessThanOrEqual(180);
          expect(Math.abs(y)).toBeLessThanOrEqual(90);
        }
      }
    }
  });

  it("/conf/core/f-success, /conf/core/f-links: a feature has its content and links", async () => {
    for (const { id } of await api.collections()) {
      const { features } = await api.items(id, { limit: "3" });
      for (const feature of features) {
        const address = `/collections/${id}/items/${encodeURIComponent(feature.id)}`;
        const { status, headers, body } = await api.get(address);
        expect(status).toBe(200);
        expect(headers.get("content-type")).toContain("application/geo+json");
        expect(body).toMatchObject(feature);
        expect(linkOf(body, "self")).toMatchObject({ type: "application/geo+json" });
        expect(linkOf(body, "alternate")).toMatchObject({ type: "text/html" });
        const collection = linkOf(body, "collection");
        expect(collection.href).toBe(`${api.root}/collections/${id}`);
        expect(collection.type).toBe("application/json");
      }
    }
  });

  it("returns 404 with a problem document for an unknown feature", async () => {
    for (const id of ["999999", "no-such", "%00"]) {
      const { status, headers } = await api.get(`/collections/sites/items/${id}`);
      expect(status).toBe(404);
      expect(headers.get("content-type")).toContain("application/problem+json");
    }
  });

  it("/conf/core/query-param-unknown, -invalid: returns 400 with a problem document", async () => {
    const wrong: Record<string, string>[] = [
      { unknown: "1" },
      { limit: "unlimited" },
      { limit: "0" },
      { bbox: "1,2,3" },
      { bbox: "1,2,3,x" },
      { datetime: "yesterday" },
      { datetime: "2020-01-02T00:00:00Z/2020-01-01T00:00:00Z" },
    ];
    for (const { id } of await api.collections()) {
      for (const query of wrong) {
        const search = new URLSearchParams(query).toString();
        const { status, headers, body } = await api.get(`/collections/${id}/items?${search}`);
        expect(status, `${id} ${search}`).toBe(400);
        expect(headers.get("content-type")).toContain("application/problem+json");
        expect(body).toMatchObject({ status: 400, title: expect.any(String) });
      }
    }
    expect((await api.get("/collections?unknown=1")).status).toBe(400);
  });

  it("has absolute links in every document, which all resolve", async () => {
    const documents: Json[] = [await api.document("/"), ...(await api.collections())];
    documents.push(await api.items("sites", { limit: "2" }));
    for (const { href, type, templated } of documents.flatMap(({ links }) => links)) {
      if (templated || !href.startsWith(api.root)) continue;
      expect((await api.get(href, type ? { accept: type } : {})).status, href).toBe(200);
    }
  });
}
