import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, it } from "vitest";
import { type ApiUnderTest, type Json, linkOf } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const FEATURES = "http://www.opengis.net/spec/ogcapi-features-5/1.0";
const SCHEMA = "http://www.opengis.net/def/rel/ogc/1.0/schema";

/** OGC API Features Part 5 (23-058r1, draft): schemas. */
export const schemaClasses: readonly ConformanceClass[] = [
  conformanceClass(FEATURES, "schemas", schemaTests),
  conformanceClass(FEATURES, "core-roles-features", roleTests),
  conformanceClass(FEATURES, "returnables-and-receivables", returnablesTests),
];

function schemaTests(api: ApiUnderTest): void {
  it("/conf/schemas/schema-document: is a draft 2020-12 schema of an object with its URL as $id", async () => {
    for (const { id } of await api.collections()) {
      for (const name of ["schema", "queryables"]) {
        const { headers, body } = await api.get(`/collections/${id}/${name}`);
        expect(headers.get("content-type")).toContain("application/schema+json");
        expect(body).toMatchObject({
          $schema: "https://json-schema.org/draft/2020-12/schema",
          $id: `${api.root}/collections/${id}/${name}`,
          type: "object",
        });
      }
    }
  });

  it("/conf/schemas/properties: each property has a type or a geometry format", async () => {
    for (const { id } of await api.collections()) {
      const { properties } = await api.document(`/collections/${id}/schema`);
      for (const [name, property] of Object.entries<Json>(properties)) {
        const isGeometry = /^geometry-/.test(property.format ?? "");
        expect(isGeometry || typeof property.type === "string", `${id}.${name}`).toBe(true);
      }
    }
    const { properties } = await api.document("/collections/sites/schema");
    expect(properties.height).toMatchObject({ type: "number", "x-ogc-unit": "m" });
    expect(properties.tags).toEqual({ type: "array", items: { type: "string" } });
  });
}

function roleTests(api: ApiUnderTest): void {
  it("/conf/core-roles-features/id, primary-geometry, primary-instant: occur at most once", async () => {
    for (const { id } of await api.collections()) {
      const { properties } = await api.document(`/collections/${id}/schema`);
      const roles = Object.values<Json>(properties).flatMap(
        (property) => property["x-ogc-role"] ?? [],
      );
      expect(new Set(roles).size).toBe(roles.length);
      expect(roles).toContain("primary-geometry");
    }
    const { properties } = await api.document("/collections/sites/schema");
    expect(properties.id["x-ogc-role"]).toBe("id");
    expect(properties.geom["x-ogc-role"]).toBe("primary-geometry");
    expect(properties.seen["x-ogc-role"]).toBe("primary-instant");
  });
}

function returnablesTests(api: ApiUnderTest): void {
  it("/conf/returnables-and-receivables/schema-link: every collection links to its schema", async () => {
    for (const collection of await api.collections()) {
      const { href, type } = linkOf(collection, SCHEMA);
      expect(type).toBe("application/schema+json");
      expect((await api.get(href)).status).toBe(200);
    }
  });

  it("/conf/returnables-and-receivables/features: features are valid against their schema", async () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    for (const { id } of await api.collections()) {
      const { properties, required } = await api.document(`/collections/${id}/schema`);
      const values = Object.entries<Json>(properties).filter(
        ([, { format }]) => !/^geometry-/.test(format),
      );
      const validate = ajv.compile({
        type: "object",
        properties: Object.fromEntries(
          values.map(([name, property]) => [name, { anyOf: [property, { type: "null" }] }]),
        ),
        required,
        additionalProperties: false,
      });
      for (const feature of (await api.items(id, { limit: "100" })).features) {
        expect(validate(feature.properties), JSON.stringify(validate.errors)).toBe(true);
      }
    }
  });
}
