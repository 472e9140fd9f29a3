import { describe, expect, it } from "vitest";
import {
  APPSETTINGS,
  bundleOf,
  compiled,
  DATASOURCES,
  METADATA,
  problemsOf,
  SHARED,
} from "./sample-bundle.ts";

/** Every key of the format: a value that it takes, and one of another kind. */
type Keys = Record<string, readonly [good: unknown, bad: unknown]>;

const CONTACT: Keys = {
  name: ["GIS", 1],
  email: ["gis@example.com", 1],
  url: ["https://example.com", 1],
};
const CACHING: Keys = { enabled: [true, "yes"], ttlSeconds: [60, "60"] };
const PROPERTY: Keys = {
  name: ["name", 1],
  type: ["string", 1],
  title: ["Name", 1],
  description: ["What it is called", 1],
  nullable: [false, "no"],
  enum: [["a", 1], "a"],
  unit: ["m", 1],
};
const LAYER: Keys = {
  id: ["cities", 1],
  title: ["Cities", 1],
  description: ["All of them", 1],
  keywords: [["towns"], "towns"],
  datasource: ["main", 1],
  table: ["public.cities", 1],
  geometryColumn: ["geom", 1],
  geometryType: ["Point", 1],
  srid: [4326, "4326"],
  idColumn: ["gid", 1],
  properties: [[good(PROPERTY)], {}],
  datetimeColumn: [{ start: "since", end: "until" }, 1],
  defaultLimit: [5, "5"],
  maxLimit: [50, "50"],
  crs: [[25830], 25830],
  caching: [good(CACHING), true],
  filter: ["name = 'a'", 1],
  orderBy: ["-name", 1],
  minZoom: [2, "2"],
  maxZoom: [9, "9"],
  extent: [[-10, 35, 5, 45], "Spain"],
  enabled: [true, "yes"],
};
const SERVICE: Keys = {
  id: ["gis", 1],
  title: ["GIS", 1],
  description: ["All of it", 1],
  keywords: [["maps"], "maps"],
  contact: [good(CONTACT), "GIS"],
  license: ["CC-BY-4.0", 1],
  enabled: [true, "yes"],
  layers: [[good(LAYER)], {}],
};
const POOL: Keys = { max: [5, "5"], idleTimeoutSeconds: [30, "30"] };
const DATASOURCE: Keys = {
  id: ["main", 1],
  type: ["PostgreSQL", 1],
  connectionString: ["${DATABASE}", 1],
  description: ["The main one", 1],
  pool: [good(POOL), 5],
  statementTimeoutSeconds: [10, "10"],
  readOnly: [true, "yes"],
};
const CORS: Keys = { origins: [["*"], "*"] };
const SETTINGS: Keys = {
  title: ["Maps", 1],
  description: ["All maps", 1],
  contact: [good(CONTACT), "GIS"],
  license: ["CC-BY-4.0", 1],
  attribution: ["© The town", 1],
  defaultLimit: [5, "5"],
  maxLimit: [50, "50"],
  caching: [good(CACHING), true],
  cors: [good(CORS), "*"],
  baseUrl: ["https://maps.example.com", 1],
};

function good(keys: Keys): Record<string, unknown> {
  return Object.fromEntries(Object.entries(keys).map(([key, [value]]) => [key, value]));
}

/** A bundle that has every key of the format, with one object of it changed. */
function bundleWith(path: readonly (string | number)[], change: (object: never) => unknown) {
  const files = {
    [METADATA]: { services: [good(SERVICE)] },
    [DATASOURCES]: { datasources: [good(DATASOURCE)] },
    [APPSETTINGS]: good(SETTINGS),
  };
  return bundleOf(changedAt(files, path, change) as Record<string, unknown>);
}

function changedAt(
  value: unknown,
  [first, ...rest]: readonly (string | number)[],
  change: (object: never) => unknown,
): unknown {
  if (first === undefined) return change(value as never);
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[first] = changedAt(copy[first], rest, change);
  return copy;
}

const OBJECTS: [string, Keys, (string | number)[]][] = [
  ["service", SERVICE, [METADATA, "services", 0]],
  ["contact", CONTACT, [METADATA, "services", 0, "contact"]],
  ["layer", LAYER, [METADATA, "services", 0, "layers", 0]],
  ["property", PROPERTY, [METADATA, "services", 0, "layers", 0, "properties", 0]],
  ["caching", CACHING, [METADATA, "services", 0, "layers", 0, "caching"]],
  ["datasource", DATASOURCE, [DATASOURCES, "datasources", 0]],
  ["pool", POOL, [DATASOURCES, "datasources", 0, "pool"]],
  ["settings", SETTINGS, [APPSETTINGS]],
  ["cors", CORS, [APPSETTINGS, "cors"]],
];

describe("every key of the format", () => {
  it("is accepted and reaches the release", () => {
    const { release, warnings } = compiled(bundleWith([], (files) => files));
    expect(warnings).toEqual([]);
    const [service] = release.services;
    const [layer] = service?.layers ?? [];
    const has = (value: object | undefined) => Object.keys(value ?? {});
    const without = (keys: Keys, ...gone: string[]) =>
      Object.keys(keys).filter((key) => !gone.includes(key));
    expect(has(service)).toEqual(expect.arrayContaining(without(SERVICE, "enabled")));
    expect(has(layer)).toEqual(expect.arrayContaining(without(LAYER, "enabled")));
    expect(layer?.properties[0]).toEqual(good(PROPERTY));
    expect(release.datasources[0]).toMatchObject(good(DATASOURCE));
    expect(release.settings).toEqual(good(SETTINGS));
  });

  describe.each(OBJECTS)("of a %s", (_what, keys, path) => {
    const [file = "", ...inside] = path;
    const pointer = (key: string) => `/${[...inside, key].join("/")}`;

    it.each(Object.entries(keys))("%s has a type", (key, [, bad]) => {
      const problems = problemsOf(
        bundleWith(path, (object: object) => ({ ...object, [key]: bad })),
      );
      expect(problems).toContainEqual(
        expect.objectContaining({
          code: "wrong-type",
          file,
          pointer: pointer(key),
          line: expect.any(Number),
          column: expect.any(Number),
        }),
      );
    });

    it.each(Object.keys(keys).filter((key) => key.length > 3))(
      "%s is suggested for a similar key",
      (key) => {
        const misspelt = `${key.slice(0, -1)}_`;
        const problems = problemsOf(
          bundleWith(path, (object: object) => {
            const { [key]: value, ...rest } = object as Record<string, unknown>;
            return { ...rest, [misspelt]: value };
          }),
        );
        expect(problems).toContainEqual(
          expect.objectContaining({
            code: "unknown-key",
            file,
            pointer: pointer(misspelt),
            line: expect.any(Number),
            column: expect.any(Number),
            suggestion: `Did you mean "${key}"?`,
          }),
        );
      },
    );

    it.each(["__proto__", "constructor", "toString"])("%s is not a key", (key) => {
      const problems = problemsOf(
        bundleWith(path, (object: object) =>
          JSON.parse(`${JSON.stringify(object).slice(0, -1)},"${key}":{"enabled":false}}`),
        ),
      );
      expect(problems).toContainEqual(
        expect.objectContaining({ code: "unknown-key", file, pointer: pointer(key) }),
      );
    });
  });

  it("of the settings is also accepted in the shared file", () => {
    const { release } = compiled(
      bundleOf({ [METADATA]: { services: [] }, [SHARED]: good(SETTINGS) }),
    );
    expect(release.settings).toEqual(good(SETTINGS));
  });
});
