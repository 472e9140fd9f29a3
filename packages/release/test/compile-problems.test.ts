import { describe, expect, it } from "vitest";
import { compileBundle } from "../src/index.ts";
import {
  APPSETTINGS,
  bundleOf,
  cities,
  configuration,
  DATASOURCES,
  METADATA,
  postgres,
  problemsOf,
  SHARED,
} from "./sample-bundle.ts";

const LAYER = "/services/0/layers/0";
const withLayer = (changes: object) => problemsOf(configuration([{ ...cities, ...changes }]));

describe("a layer", () => {
  it.each([
    [
      { geometryCol: "geom" },
      "unknown-key",
      "/geometryCol",
      'Unknown key "geometryCol" in layer "cities". Did you mean "geometryColumn"?',
    ],
    [{ colour: "red" }, "unknown-key", "/colour", 'Unknown key "colour" in layer "cities".'],
    [
      { filter: "population > > 1" },
      "invalid-filter",
      "/filter",
      '"filter" of layer "cities" is not a CQL2 expression: Expected an expression, found >. At character 14.',
    ],
    [
      { filter: 5 },
      "wrong-type",
      "/filter",
      '"filter" of layer "cities" must be a string, not a number.',
    ],
    [
      { orderBy: "name,-name" },
      "invalid-value",
      "/orderBy",
      '"orderBy" of layer "cities" must not name a property twice.',
    ],
    [
      { orderBy: ["name", "-"] },
      "invalid-value",
      "/orderBy",
      `"orderBy" of layer "cities" must have a property name in each place, with '-' before it for descending order.`,
    ],
    [
      { srid: "4326" },
      "wrong-type",
      "/srid",
      '"srid" of layer "cities" must be a number, not a string.',
    ],
    [
      { srid: 1.5 },
      "wrong-type",
      "/srid",
      '"srid" of layer "cities" must be a whole number, not a number with a fraction.',
    ],
    [{ srid: 0 }, "invalid-value", "/srid", '"srid" of layer "cities" must be at least 1.'],
    [{ srid: null }, "wrong-type", "/srid", '"srid" of layer "cities" must be a number, not null.'],
    [
      { table: undefined },
      "missing-key",
      "/table",
      'Layer "cities" has no "table", which is required.',
    ],
    [
      { geometryType: undefined },
      "missing-key",
      "/geometryType",
      'Layer "cities" has no "geometryType", which is required.',
    ],
    [
      { geometryColumn: " " },
      "invalid-value",
      "/geometryColumn",
      '"geometryColumn" of layer "cities" must not be empty.',
    ],
    [
      { keywords: ["a", 1] },
      "wrong-type",
      "/keywords/1",
      'Item 2 of "keywords" of layer "cities" must be a string, not a number.',
    ],
    [
      { datetimeColumn: 1 },
      "wrong-type",
      "/datetimeColumn",
      '"datetimeColumn" of layer "cities" must be a string or an object, not a number.',
    ],
    [
      { datetimeColumn: { start: "a" } },
      "missing-key",
      "/datetimeColumn/end",
      'DatetimeColumn of layer "cities" has no "end", which is required.',
    ],
    [
      { properties: [{ name: "a", type: "strng" }] },
      "invalid-value",
      "/properties/0/type",
      '"type" of property "a" of layer "cities" must be one of "string", "integer", "number", "boolean", "date", "datetime", "time", "uuid", "json", "array"; it is "strng". Did you mean "string"?',
    ],
    [
      { properties: [{ name: "a", type: "string", enum: [] }] },
      "invalid-value",
      "/properties/0/enum",
      '"enum" of property "a" of layer "cities" must have at least one item.',
    ],
    [
      { properties: [{ type: "string" }] },
      "missing-key",
      "/properties/0/name",
      'A property of layer "cities" has no "name", which is required.',
    ],
    [
      { fields: [] },
      "conflicting-keys",
      "/fields",
      '"fields" of layer "cities" is a synonym of "properties", and both are given.',
    ],
    [
      { abstract: "a" },
      "conflicting-keys",
      "/abstract",
      '"abstract" of layer "cities" is a synonym of "description", and both are given.',
    ],
    [
      { caching: { ttl: 1 } },
      "unknown-key",
      "/caching/ttl",
      'Unknown key "ttl" in caching of layer "cities". Did you mean "ttlSeconds"?',
    ],
    [
      { enabled: "no" },
      "wrong-type",
      "/enabled",
      '"enabled" of layer "cities" must be true or false, not a string.',
    ],
  ])("with %j is refused with the code %s", (changes, code, pointer, message) => {
    expect(withLayer(changes)).toMatchObject([
      { code, message, file: METADATA, pointer: `${LAYER}${pointer}` },
    ]);
  });

  it("with an invalid filter is refused with the position of the filter", () => {
    const [problem] = withLayer({ filter: "population >" });
    expect(problem).toMatchObject({
      code: "invalid-filter",
      file: METADATA,
      line: expect.any(Number),
      column: expect.any(Number),
    });
    expect(problem?.message).toMatch(/At character \d+\.$/);
  });

  it("with a geometry type in the wrong case gets a suggestion", () => {
    const [problem] = withLayer({ geometryType: "multipolygon" });
    expect(problem).toMatchObject({
      code: "invalid-value",
      suggestion: 'Did you mean "MultiPolygon"?',
    });
  });

  it.each([[[1, 2, 3]], [[0, 10, 1, 5]], [[-181, 0, 0, 1]], [[0, -91, 0, 1]], [[0, 0, 1, 1, 2]]])(
    "with the extent %j is refused",
    (extent) => {
      expect(withLayer({ extent })).toMatchObject([
        { code: "invalid-value", pointer: `${LAYER}/extent` },
      ]);
    },
  );

  it.each([["a b"], ["-a"], ["a/b"], [""], ["é"], ["a".repeat(129)]])(
    "with the id %j is refused",
    (id) => {
      expect(withLayer({ id })).toMatchObject([{ code: "invalid-value", pointer: `${LAYER}/id` }]);
    },
  );

  it("reports the position of a wrong key, or of a wrong value", () => {
    const layer = JSON.stringify(cities, null, 2).replace(
      '"srid": 4326',
      '"srid": "x",\n"sird": 1',
    );
    const problems = problemsOf(
      configuration([], [postgres], {
        [METADATA]: `{"services": [{"id": "s", "layers": [\n${layer}\n]}]}`,
      }),
    );
    expect(problems).toMatchObject([
      { code: "wrong-type", line: 10, column: 11 },
      { code: "unknown-key", line: 11, column: 1 },
    ]);
  });
});

describe("problems", () => {
  it("are reported together for all files, in the order of the files", () => {
    const problems = problemsOf(
      configuration(
        [{ ...cities, geometryCol: "geom", srid: "x", datasource: "postgres-prd" }, cities],
        [{ ...postgres, pol: {} }],
        { [SHARED]: { titel: "x" }, [APPSETTINGS]: { corss: 1 } },
      ),
    );
    expect(problems.map(({ code, file }) => [file, code])).toEqual([
      [METADATA, "missing-datasource"],
      [METADATA, "wrong-type"],
      [METADATA, "unknown-key"],
      [METADATA, "duplicate-id"],
      [DATASOURCES, "unknown-key"],
      [APPSETTINGS, "unknown-key"],
      [SHARED, "unknown-key"],
    ]);
  });

  it("of other files are reported next to a syntax error", () => {
    const problems = problemsOf(
      configuration([{ ...cities, srid: "x" }], [], { [DATASOURCES]: "{" }),
    );
    expect(problems.map(({ code }) => code)).toEqual(["wrong-type", "invalid-json"]);
  });

  it("are also reported for disabled entries", () => {
    expect(withLayer({ enabled: false, srid: "x" })).toMatchObject([{ code: "wrong-type" }]);
  });

  it("never repeat a value, because it may be a secret", () => {
    const secret = "hunter2";
    const datasource = { ...postgres, connectionString: [secret], password: secret, id: 5 };
    const result = compileBundle(configuration([cities], [datasource]));
    expect(JSON.stringify(result)).not.toContain(secret);
  });

  it("include an unsupported datasource type", () => {
    expect(problemsOf(configuration([cities], [{ ...postgres, type: "MySQL" }]))).toMatchObject([
      { code: "unsupported-datasource-type", pointer: "/datasources/0/type" },
    ]);
  });

  it.each([
    ["[]", "The file must be an object, not a list."],
    ["{}", 'The file has no "services", which is required.'],
    ['{"services": {}}', '"services" of the file must be a list, not an object.'],
    ['{"services": [1]}', 'Item 1 of "services" of the file must be an object, not a number.'],
  ])("describe a file with the wrong structure: %s", (metadata, message) => {
    expect(problemsOf(configuration([], [], { [METADATA]: metadata }))).toMatchObject([
      { message },
    ]);
  });
});

describe("a missing file", () => {
  it("is reported for metadata.json", () => {
    expect(problemsOf(bundleOf({}))).toEqual([
      {
        code: "missing-file",
        message: `${METADATA} is missing. Every environment needs its services.`,
        file: METADATA,
        suggestion: "Add the file.",
      },
    ]);
  });

  it("is reported for datasources.json if there are layers", () => {
    expect(problemsOf(configuration([cities], [], { [DATASOURCES]: undefined }))).toMatchObject([
      { code: "missing-file", file: DATASOURCES },
    ]);
  });

  it("is reported with a file of a similar name", () => {
    const bundle = bundleOf({ "environments/production/Metadata.json": { services: [] } });
    expect(problemsOf(bundle)).toMatchObject([
      { suggestion: 'Rename "environments/production/Metadata.json".' },
    ]);
  });
});

describe("a problem in the settings", () => {
  it("has the position in the file that defines the value", () => {
    const files = {
      [SHARED]: { maxLimit: "a", title: 5 },
      [APPSETTINGS]: { title: "ok", baseUrl: "x" },
    };
    expect(problemsOf(configuration([cities], [postgres], files))).toMatchObject([
      { file: APPSETTINGS, pointer: "/baseUrl", code: "invalid-value" },
      { file: SHARED, pointer: "/maxLimit", code: "wrong-type" },
    ]);
  });

  it.each([
    ["ftp://example.com"],
    ["example.com"],
    ["https://u:p@example.com"],
    ["https://example.com/?a=b"],
  ])("refuses the base URL %s", (baseUrl) => {
    const files = { [APPSETTINGS]: { baseUrl } };
    expect(problemsOf(configuration([cities], [postgres], files))).toMatchObject([
      { pointer: "/baseUrl" },
    ]);
  });

  it("refuses a default limit above the maximum", () => {
    const files = { [SHARED]: { maxLimit: 5 }, [APPSETTINGS]: { defaultLimit: 6 } };
    expect(problemsOf(configuration([cities], [postgres], files))).toMatchObject([
      { code: "limit-order", file: APPSETTINGS, pointer: "/defaultLimit" },
    ]);
  });
});
