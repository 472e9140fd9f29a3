import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, it } from "vitest";
import { type ApiUnderTest, linkOf, linksOf } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const FEATURES = "http://www.opengis.net/spec/ogcapi-features-1/1.0";
const GEOMETRIES = /^(Multi)?(Point|LineString|Polygon)$|^GeometryCollection$/;

/** The encodings of Part 1: GeoJSON, HTML, OpenAPI 3.0. */
export const encodingClasses: readonly ConformanceClass[] = [
  conformanceClass(FEATURES, "geojson", geojsonTests),
  conformanceClass(FEATURES, "html", htmlTests),
  conformanceClass(FEATURES, "oas30", openapiTests),
];

function geojsonTests(api: ApiUnderTest): void {
  it("/conf/geojson/definition: returns application/geo+json for features, by Accept and by f", async () => {
    for (const address of ["/collections/sites/items", "/collections/sites/items/1"]) {
      for (const accept of ["application/geo+json", "application/json", "*/*"]) {
        const { headers } = await api.get(address, { accept });
        expect(headers.get("content-type"), accept).toContain("application/geo+json");
      }
      const { headers } = await api.get(`${address}?f=json`, { accept: "text/html" });
      expect(headers.get("content-type")).toContain("application/geo+json");
    }
  });

  it("/conf/geojson/content: features conform to RFC 7946", async () => {
    for (const { id } of await api.collections()) {
      for (const feature of (await api.items(id, { limit: "50" })).features) {
        expect(feature.type).toBe("Feature");
        expect(["string", "number"]).toContain(typeof feature.id);
        expect(feature).toHaveProperty("properties");
        if (feature.geometry) expect(feature.geometry.type).toMatch(GEOMETRIES);
        else expect(feature.geometry).toBeNull();
        expect(feature).not.toHaveProperty("crs");
      }
    }
  });

  it("has counterclockwise exterior rings (RFC 7946, 3.1.6)", async () => {
    for (const { geometry } of (await api.items("parcels")).features) {
      const [ring] = geometry.coordinates;
      expect(signedArea(ring)).toBeGreaterThan(0);
    }
    for (const { geometry } of (await api.items("countries", { limit: "100" })).features) {
      for (const [ring] of geometry.coordinates) expect(signedArea(ring)).toBeGreaterThan(0);
    }
  });
}

function htmlTests(api: ApiUnderTest): void {
  it("/conf/html/definition, /conf/html/content: every resource has an HTML representation", async () => {
    const { href } = linkOf(await api.document("/"), "self");
    const addresses = ["/", "/conformance", "/api", "/collections", "/collections/sites"];
    addresses.push("/collections/sites/items", "/collections/sites/items/1", href);
    for (const address of addresses) {
      const { status, headers, bytes } = await api.get(address, { accept: "text/html" });
      expect(status, address).toBe(200);
      expect(headers.get("content-type")).toContain("text/html");
      const html = bytes.toString("utf8");
      expect(html).toMatch(/^<!doctype html>/i);
      expect(html).toMatch(/<html lang="[a-z]/);
      expect(html).toContain("</html>");
    }
  });

  it("shows the property values of features in HTML", async () => {
    const page = await api.get("/collections/sites/items?f=html");
    expect(page.bytes.toString("utf8")).toContain("Café Azul");
    const alternates = linksOf(await api.items("sites"), "alternate");
    const html = alternates.find(({ type }) => type === "text/html");
    expect((await api.get(html?.href ?? "")).headers.get("content-type")).toContain("text/html");
  });
}

function openapiTests(api: ApiUnderTest): void {
  it("/conf/oas30/oas-definition-2: is valid OpenAPI 3.0", async () => {
    const definition = await api.definition();
    expect(definition.openapi).toMatch(/^3\.0\./);
    const { valid, errors } = await new Validator().validate(structuredClone(definition));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it("/conf/oas30/oas-impl: the server is this system, and all paths respond", async () => {
    const { servers, paths } = await api.definition();
    expect(servers).toEqual([{ url: api.root }]);
    for (const [path] of Object.entries(paths)) {
      if (path.includes("{")) continue;
      expect((await api.get(path)).status, path).toBe(200);
    }
  });

  it("/conf/oas30/completeness: has the paths and operation ids of every collection", async () => {
    const { paths } = await api.definition();
    const expected = ["/", "/conformance", "/collections"];
    for (const { id } of await api.collections()) {
      const root = `/collections/${id}`;
      expected.push(root, `${root}/items`, `${root}/items/{featureId}`);
    }
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(expected));
    const ids = Object.values(paths).map((path) => (path as { get: { operationId: string } }).get);
    expect(new Set(ids.map(({ operationId }) => operationId)).size).toBe(ids.length);
  });

  it("/conf/oas30/exceptions-codes: every operation documents its errors", async () => {
    const { paths } = await api.definition();
    for (const path of Object.values(paths)) {
      const { responses } = (path as { get: { responses: Record<string, unknown> } }).get;
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(["200", "default"]));
    }
  });
}

/** The signed area of a ring, which is positive if the ring is counterclockwise. */
function signedArea(ring: number[][]): number {
  let area = 0;
  for (const [index, [x = 0, y = 0]] of ring.entries()) {
    const [nextX = 0, nextY = 0] = ring[(index + 1) % ring.length] ?? [];
    area += x * nextY - nextX * y;
  }
  return area / 2;
}
