import { expect, it } from "vitest";
import { type ApiUnderTest, linkOf } from "./api-under-test.ts";
import { type ConformanceClass, conformanceClass } from "./conformance-class.ts";

const FEATURES = "http://www.opengis.net/spec/ogcapi-features-3/1.0";
const QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

/** OGC API Features Part 3 (19-079r2): filtering. */
export const filterClasses: readonly ConformanceClass[] = [
  conformanceClass(FEATURES, "queryables", queryablesTests),
  conformanceClass(FEATURES, "queryables-query-parameters", queryParameterTests),
  conformanceClass(FEATURES, "filter", filterTests),
  conformanceClass(FEATURES, "features-filter", featuresFilterTests),
];

function queryablesTests(api: ApiUnderTest): void {
  it("/conf/queryables/queryables-link, get-op: every collection links to its queryables", async () => {
    for (const collection of await api.collections()) {
      const { href, type } = linkOf(collection, QUERYABLES);
      expect(type).toBe("application/schema+json");
      const { status, headers, body } = await api.get(href, { accept: type ?? "" });
      expect([status, headers.get("content-type")]).toEqual([200, "application/schema+json"]);
      expect(body.$id).toBe(href);
    }
  });

  it("/conf/queryables/get-resource: is a JSON Schema of an object with the queryables", async () => {
    const { $schema, type, properties } = await api.document("/collections/sites/queryables");
    expect([$schema, type]).toEqual(["https://json-schema.org/draft/2020-12/schema", "object"]);
    expect(properties).toMatchObject({
      geom: { format: "geometry-point" },
      name: { type: "string" },
      height: { type: "number" },
      visits: { type: "integer" },
      open: { type: "boolean" },
      founded: { type: "string", format: "date" },
      seen: { type: "string", format: "date-time" },
      tags: { type: "array", items: { type: "string" } },
    });
  });

  it("rejects a filter on a property that is not queryable", async () => {
    for (const filter of ["secret = 1", "xmin IS NULL", "sites.name = 'x'"]) {
      expect(await api.statusOf("sites", { filter }), filter).toBe(400);
    }
  });
}

function queryParameterTests(api: ApiUnderTest): void {
  it("/conf/queryables-query-parameters/parameters: each simple queryable is a parameter", async () => {
    const values: [string, string, number[]][] = [
      ["name", "Torre", [3]],
      ["kind", "bar", [1, 2]],
      ["height", "57.5", [3]],
      ["visits", "20", [6]],
      ["open", "false", [2, 7, 10]],
      ["founded", "1957-01-01", [5]],
      ["seen", "2020-01-01T10:00:00Z", [1]],
      ["id", "9", [9]],
    ];
    for (const [name, value, expected] of values) {
      expect(await api.ids("sites", { [name]: value }), name).toEqual(expected);
    }
    const { parameters } = (await api.definition()).paths["/collections/sites/items"].get;
    const names = parameters.map((parameter: { name?: string }) => parameter.name);
    expect(names).toEqual(expect.arrayContaining(values.map(([name]) => name)));
  });

  it("combines several parameters with a logical and", async () => {
    expect(await api.ids("sites", { kind: "bar", open: "true" })).toEqual([1]);
    expect(await api.statusOf("sites", { visits: "many" })).toBe(400);
  });
}

function filterTests(api: ApiUnderTest): void {
  it("/conf/filter/filter-param: selects features for which the filter is true, not unknown", async () => {
    expect(await api.ids("sites", { filter: "kind = 'bar'" })).toEqual([1, 2]);
    // Both filters are unknown for the feature without a kind.
    const [is, not] = await Promise.all(
      ["kind = 'bar'", "NOT kind = 'bar'"].map((filter) => api.ids("sites", { filter })),
    );
    expect([...(is ?? []), ...(not ?? [])].sort()).not.toContain(8);
  });

  it("/conf/filter/filter-lang-param: accepts cql2-text, the default, and cql2-json only", async () => {
    const json = JSON.stringify({ op: "=", args: [{ property: "kind" }, "bar"] });
    const text = "kind = 'bar'";
    for (const query of [
      { filter: text },
      { filter: text, "filter-lang": "cql2-text" },
      { filter: json, "filter-lang": "cql2-json" },
    ]) {
      expect(await api.ids("sites", query)).toEqual([1, 2]);
    }
    expect(await api.statusOf("sites", { filter: text, "filter-lang": "cql-text" })).toBe(400);
    expect(await api.statusOf("sites", { filter: json })).toBe(400);
    const { components } = await api.definition();
    expect(components.parameters["filter-lang"].schema).toEqual({
      type: "string",
      enum: ["cql2-text", "cql2-json"],
      default: "cql2-text",
    });
  });

  it("/conf/filter/filter-crs-param: reads coordinates of the filter in the axis order of the system", async () => {
    const filter = "S_INTERSECTS(geom, BBOX(40,-4,41,-3))";
    const query = { filter, "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/4326" };
    expect(await api.ids("sites", query)).toEqual([1, 2]);
    expect(await api.ids("sites", { filter })).toEqual([]);
    expect(await api.statusOf("sites", { filter, "filter-crs": "EPSG:4326" })).toBe(400);
  });

  it("returns 400 with the position for an invalid filter", async () => {
    for (const filter of [
      "a=1 and",
      "name='O''Brien' AND",
      "name = ",
      "kind = 'bar' OR",
      "kind == 'bar'",
      "visits > 'many'",
      "(".repeat(2_000),
      "name = 'x\u0000'",
      "1=1; drop table sites",
    ]) {
      const { status, body } = await api.get(
        `/collections/sites/items?${new URLSearchParams({ filter })}`,
      );
      expect(status, filter).toBe(400);
      expect(body.detail).toMatch(/^filter: /);
    }
  });
}

function featuresFilterTests(api: ApiUnderTest): void {
  it("/conf/features-filter/response: combines the filter with the other parameters", async () => {
    const filter = "open = true";
    expect(await api.ids("sites", { filter })).toEqual([1, 3, 5, 6, 9]);
    expect(await api.ids("sites", { filter, bbox: "-4,40,3,49" })).toEqual([1, 3]);
    expect(await api.ids("sites", { filter, kind: "tower" })).toEqual([3]);
    expect(await api.ids("sites", { filter, datetime: "2020-01-01/2020-12-31" })).toEqual([1, 6]);
    expect(await api.ids("sites", { filter, sortby: "-visits", limit: "2" })).toEqual([3, 1]);
  });

  it("keeps the filter in the links to further pages", async () => {
    const first = await api.items("sites", { filter: "open = true", limit: "2" });
    const next = await api.document(linkOf(first, "next").href);
    expect(next.features.map(({ id }: { id: number }) => id)).toEqual([5, 6]);
    expect(first.numberMatched).toBe(5);
  });
}
