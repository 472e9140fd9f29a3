import { release as releaseSchema } from "@honua/contracts";
import { describe, expect, it } from "vitest";
import { canonicalJson, compileBundle, sha256Hex } from "../src/index.ts";
import {
  APPSETTINGS,
  bundleOf,
  cities,
  compiled,
  configuration,
  DATASOURCES,
  METADATA,
  postgres,
  SHARED,
  service,
} from "./sample-bundle.ts";

const layerOf = (layer: object) => compiled(configuration([layer])).release.services[0]?.layers[0];

describe("compiling the configuration of the runbook", () => {
  it("returns a valid release with its canonical text and digest", () => {
    const result = compiled(configuration());
    expect(result.warnings).toEqual([]);
    expect(releaseSchema.parse(result.release)).toEqual(result.release);
    expect(result.canonical).toBe(canonicalJson(result.release));
    expect(result.digest).toBe(sha256Hex(result.canonical));
    expect(result.release).toEqual({
      apiVersion: "honua.io/v1",
      kind: "Release",
      environment: "production",
      settings: { defaultLimit: 10, maxLimit: 10_000 },
      datasources: [{ ...postgres, pointer: "/datasources/0", readOnly: true }],
      services: [
        {
          ...service,
          pointer: "/services/0",
          keywords: [],
          layers: [
            {
              ...cities,
              pointer: "/services/0/layers/0",
              keywords: [],
              table: { schema: "public", name: "cities" },
              properties: [
                { name: "name", type: "string", nullable: true },
                { name: "population", type: "integer", nullable: true },
                { name: "country", type: "string", nullable: true },
              ],
            },
          ],
        },
      ],
    });
  });

  it("returns the same digest for any order of keys and any white space", () => {
    const reversed = Object.fromEntries(Object.entries(cities).reverse());
    expect(compiled(configuration([reversed])).digest).toBe(compiled(configuration()).digest);
  });

  it("locates any value in any file by line and column", () => {
    const { locate } = compiled(configuration());
    expect(locate(METADATA, "/services/0/id")).toEqual({ line: 4, column: 13 });
    expect(locate(DATASOURCES, "/datasources/0")).toEqual({ line: 3, column: 5 });
    expect(locate(DATASOURCES, "/datasources/1")).toBeUndefined();
    expect(locate("README.md", "")).toBeUndefined();
  });

  it("ignores other files", () => {
    const others = { "environments/production/README.md": "hello" };
    expect(compiled(configuration([cities], [postgres], others)).digest).toBe(
      compiled(configuration()).digest,
    );
  });
});

describe("normalizing a layer", () => {
  it("uses the id as the default title", () => {
    expect(layerOf({ ...cities, title: undefined })?.title).toBe("cities");
  });

  it("resolves the synonyms of the format", () => {
    const { description: _d, properties: _p, ...rest } = cities;
    const layer = layerOf({
      ...rest,
      abstract: "In short",
      fields: [{ name: "name", type: "string", alias: "Name" }],
    });
    expect(layer).toMatchObject({
      description: "In short",
      properties: [{ name: "name", title: "Name" }],
    });
    expect(layer).not.toHaveProperty("abstract");
    expect(layer).not.toHaveProperty("fields");
  });

  it.each([
    ["int", "integer"],
    ["long", "integer"],
    ["Int64", "integer"],
    ["double", "number"],
    ["float", "number"],
    ["decimal", "number"],
    ["text", "string"],
    ["bool", "boolean"],
    ["timestamp", "datetime"],
    ["date-time", "datetime"],
    ["GUID", "uuid"],
    ["jsonb", "json"],
    ["date", "date"],
  ])("reads the type %s as %s", (word, type) => {
    const layer = layerOf({ ...cities, properties: [{ name: "a", type: word }] });
    expect(layer?.properties[0]?.type).toBe(type);
  });

  it("keeps all other keys", () => {
    const extras = {
      keywords: ["towns"],
      idColumn: "gid",
      datetimeColumn: { start: "since", end: "until" },
      defaultLimit: 50,
      maxLimit: 500,
      extent: [170, -50, -170, -30],
    };
    const property = { name: "a", type: "string", nullable: false, enum: ["x", 1], unit: "m" };
    const layer = layerOf({ ...cities, ...extras, properties: [property] });
    expect(layer).toMatchObject({ ...extras, properties: [property] });
  });

  it.each([
    [{ ttlSeconds: 60 }, { enabled: true, ttlSeconds: 60 }],
    [{ enabled: false }, { enabled: false, ttlSeconds: 300 }],
  ])("fills in the defaults of caching %j", (caching, complete) => {
    expect(layerOf({ ...cities, caching })?.caching).toEqual(complete);
  });
});

describe("normalizing other entries", () => {
  it.each([["PostgreSQL"], ["postgresql"], ["PostGIS"], ["postgres"]])(
    "accepts the datasource type %s as PostgreSQL",
    (type) => {
      const { release } = compiled(configuration([cities], [{ ...postgres, type }]));
      expect(release.datasources[0]?.type).toBe("PostgreSQL");
    },
  );

  it("omits disabled entries and keeps the pointers of all others", () => {
    const { release } = compiled(
      bundleOf({
        [METADATA]: {
          services: [
            { id: "off", enabled: false, layers: [{ ...cities, id: "hidden" }] },
            { id: "on", layers: [{ ...cities, id: "asleep", enabled: false }, cities] },
          ],
        },
        [DATASOURCES]: { datasources: [postgres] },
      }),
    );
    expect(release.services).toHaveLength(1);
    expect(release.services[0]).toMatchObject({ id: "on", pointer: "/services/1" });
    expect(release.services[0]?.layers).toMatchObject([
      { id: "cities", pointer: "/services/1/layers/1" },
    ]);
    expect(release.services[0]).not.toHaveProperty("enabled");
  });

  it("needs no datasources.json without layers", () => {
    const { release } = compiled(bundleOf({ [METADATA]: { services: [{ id: "empty" }] } }));
    expect(release.datasources).toEqual([]);
  });

  it("accepts $schema in every file", () => {
    const metadata = { $schema: "https://example.com/metadata.json", services: [] };
    const settings = { $schema: "https://example.com/settings.json" };
    const { release } = compiled(bundleOf({ [METADATA]: metadata, [APPSETTINGS]: settings }));
    expect(release.settings).toEqual({ defaultLimit: 10, maxLimit: 10_000 });
  });
});

describe("the settings", () => {
  const settingsOf = (shared: unknown, appsettings: unknown) =>
    compiled(configuration([cities], [postgres], { [SHARED]: shared, [APPSETTINGS]: appsettings }))
      .release.settings;

  it("are shared-config.json merged with appsettings.json", () => {
    const shared = {
      title: "Shared",
      license: "CC-BY",
      contact: { name: "GIS", email: "gis@example.com" },
      cors: { origins: ["*"] },
    };
    const appsettings = { title: "Production", contact: { email: "ops@example.com" }, cors: null };
    expect(settingsOf(shared, appsettings)).toEqual({
      title: "Production",
      license: "CC-BY",
      contact: { name: "GIS", email: "ops@example.com" },
      defaultLimit: 10,
      maxLimit: 10_000,
    });
  });

  it("limit the default limit to the maximum", () => {
    expect(settingsOf({ maxLimit: 5 }, undefined)).toEqual({ defaultLimit: 5, maxLimit: 5 });
  });

  it("have a base URL without a trailing slash", () => {
    expect(settingsOf(undefined, { baseUrl: "https://gis.example.com/api/" }).baseUrl).toBe(
      "https://gis.example.com/api",
    );
  });
});

describe("a literal password", () => {
  it("causes a warning that does not contain it", () => {
    const connectionString = "Host=db;Password=hunter2";
    const result = compileBundle(configuration([cities], [{ ...postgres, connectionString }]));
    expect(result).toMatchObject({
      ok: true,
      warnings: [
        {
          code: "secret-in-repository",
          file: DATASOURCES,
          pointer: "/datasources/0/connectionString",
        },
      ],
    });
    expect(JSON.stringify(result.warnings)).not.toContain("hunter2");
  });
});
