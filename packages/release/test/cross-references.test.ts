import { describe, expect, it } from "vitest";
import {
  APPSETTINGS,
  bundleOf,
  cities,
  compiled,
  configuration,
  DATASOURCES,
  METADATA,
  postgres,
  problemsOf,
} from "./sample-bundle.ts";

describe("cross references", () => {
  it("report an unknown datasource, with the known ones and a suggestion", () => {
    const other = { ...postgres, id: "archive" };
    const [problem, ...more] = problemsOf(
      configuration(
        [cities, { ...cities, id: "roads", datasource: "postgres-prd" }],
        [postgres, other],
      ),
    );
    expect(more).toEqual([]);
    expect(problem).toMatchObject({
      code: "missing-datasource",
      message:
        'The datasource "postgres-prd" of layer "roads" does not exist. Known datasources: "postgres-prod", "archive". Did you mean "postgres-prod"?',
      pointer: "/services/0/layers/1/datasource",
      line: expect.any(Number),
    });
  });

  it("accept a reference to a datasource that has another problem", () => {
    const problems = problemsOf(configuration([cities], [{ ...postgres, type: 5 }]));
    expect(problems.map(({ code }) => code)).toEqual(["wrong-type"]);
  });

  it("refuse a layer id that is used twice, even in another service", () => {
    const problems = problemsOf(
      bundleOf({
        [METADATA]: {
          services: [
            { id: "a", layers: [cities] },
            { id: "b", layers: [cities] },
          ],
        },
        [DATASOURCES]: { datasources: [postgres] },
      }),
    );
    expect(problems).toMatchObject([{ code: "duplicate-id", pointer: "/services/1/layers/0/id" }]);
    expect(problems[0]?.message).toMatch(/^The layer id "cities" is used twice, first in line \d+/);
  });

  it("refuse service and datasource ids that are used twice", () => {
    const problems = problemsOf(
      bundleOf({
        [METADATA]: { services: [{ id: "a" }, { id: "a" }] },
        [DATASOURCES]: { datasources: [postgres, postgres] },
      }),
    );
    expect(problems).toMatchObject([
      { code: "duplicate-id", file: METADATA, pointer: "/services/1/id" },
      { code: "duplicate-id", file: DATASOURCES, pointer: "/datasources/1/id" },
    ]);
  });

  it("refuse a duplicate property", () => {
    const properties = [
      { name: "a", type: "string" },
      { name: "a", type: "integer" },
    ];
    expect(problemsOf(configuration([{ ...cities, properties }]))).toMatchObject([
      { code: "duplicate-property", pointer: "/services/0/layers/0/properties/1/name" },
    ]);
  });

  it.each([
    [{ defaultLimit: 20, maxLimit: 10 }, {}],
    [{ defaultLimit: 20 }, { maxLimit: 15 }],
  ])("refuse the limits %j under %j", (limits, settings) => {
    const files = { [APPSETTINGS]: settings };
    const bundle = configuration([{ ...cities, ...limits }], [postgres], files);
    expect(problemsOf(bundle)).toMatchObject([
      { code: "limit-order", pointer: "/services/0/layers/0/defaultLimit" },
    ]);
  });

  it("refuse a minZoom above maxZoom", () => {
    const bundle = configuration([{ ...cities, minZoom: 9, maxZoom: 8 }]);
    expect(problemsOf(bundle)).toMatchObject([
      { code: "zoom-order", pointer: "/services/0/layers/0/minZoom" },
    ]);
  });

  it("accept zoom levels, and coordinate reference systems in all forms", () => {
    const tiled = { ...cities, minZoom: 0, maxZoom: 8, crs: [25830, "EPSG:25830", "EPSG:2056"] };
    const [layer] = compiled(configuration([tiled])).release?.services[0]?.layers ?? [];
    expect(layer).toMatchObject({
      minZoom: 0,
      maxZoom: 8,
      crs: [25830, 2056].map((code) => `http://www.opengis.net/def/crs/EPSG/0/${code}`),
    });
  });

  it("warn about a datasource that no layer reads; disabled layers count as readers", () => {
    const unused = { ...postgres, id: "unused" };
    expect(compiled(configuration([cities], [postgres, unused])).warnings).toMatchObject([
      { code: "unused-datasource", file: DATASOURCES, pointer: "/datasources/1" },
    ]);
    const disabled = { ...cities, id: "off", enabled: false, datasource: "unused" };
    expect(compiled(configuration([cities, disabled], [postgres, unused])).warnings).toEqual([]);
  });
});
